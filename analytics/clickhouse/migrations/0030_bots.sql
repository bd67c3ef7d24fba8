-- The rollups have what everybody did, bots too, and are compared with the facts
-- as such. These views are the same without whom the last word of a show calls a
-- bot: what is published. They are read from the facts, because a flag counts
-- back to the start of its show.

CREATE VIEW IF NOT EXISTS bots {{onCluster}} AS
SELECT merchant_id, show_id, person_id
FROM events
WHERE rehearsal = 0 AND person_id != '' AND kind IN ('bot_flagged', 'bot_unflagged')
GROUP BY merchant_id, show_id, person_id
HAVING argMax(kind, (seq, idx)) = 'bot_flagged'
;;
CREATE VIEW IF NOT EXISTS show_behaviour_published {{onCluster}} AS
SELECT merchant_id, show_id,
       toInt64(countIf(kind = 'room_exposed')) AS exposed,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'room_shared')) AS shares,
       toInt64(countIf(kind = 'followed')) AS follows,
       toInt64(countIf(kind = 'product_exposed')) AS product_exposures,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts,
       toInt64(countIf(kind = 'checkout_started')) AS checkouts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
GROUP BY merchant_id, show_id
;;
CREATE VIEW IF NOT EXISTS show_minute_published {{onCluster}} AS
SELECT merchant_id, show_id, toStartOfMinute(ts) AS t,
       toInt64(uniqExactIf(person_id, kind IN ('room_entered', 'watch_heartbeat') AND person_id != '')) AS online,
       toInt64(countIf(kind = 'room_entered')) AS entered,
       toInt64(countIf(kind = 'comment_sent')) AS comments,
       sumIf(num, kind = 'liked') AS likes,
       toInt64(countIf(kind = 'product_clicked')) AS clicks,
       toInt64(countIf(kind = 'cart_item_added')) AS carts
FROM events
WHERE rehearsal = 0 AND actor_role = 'viewer' AND (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
GROUP BY merchant_id, show_id, t
;;
CREATE VIEW IF NOT EXISTS show_person_published {{onCluster}} AS
SELECT *
FROM show_person
WHERE (merchant_id, show_id, person_id) NOT IN (SELECT merchant_id, show_id, person_id FROM bots)
