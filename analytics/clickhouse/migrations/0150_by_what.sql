-- A show lies in few places of the facts, and so does a kind among those of a
-- merchant, but the order of the rows alone leaves one place in every part where they
-- could be, and of a kind one in every show. What each place has of either is noted
-- beside it, which is a thousandth of what there is. Nothing waits for the parts of
-- before: until they have it, they are read as they were.

ALTER TABLE events {{onCluster}} ADD INDEX IF NOT EXISTS by_what (show_id, kind) TYPE set(256) GRANULARITY 1
;;
ALTER TABLE events {{onCluster}} MATERIALIZE INDEX IF EXISTS by_what SETTINGS mutations_sync = 0
;;
ALTER TABLE order_deltas {{onCluster}} ADD INDEX IF NOT EXISTS by_show (show_id) TYPE set(256) GRANULARITY 1
;;
ALTER TABLE order_deltas {{onCluster}} MATERIALIZE INDEX IF EXISTS by_show SETTINGS mutations_sync = 0
