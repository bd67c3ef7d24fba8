-- What nobody but the audit read: each rollup costs every range a query, a part and
-- the merges of these. Behaviour of a show is the sum of show_minute, which stays: it
-- has the counts of shows whose raw behaviour is gone, and tells which shows these are.
-- What products sold is in the deltas, which stay for ever. A program of before that
-- still writes fails while a view goes, and sends the range again under its token.

DROP VIEW IF EXISTS show_behaviour_mv {{onCluster}}
;;
DROP TABLE IF EXISTS show_behaviour {{onCluster}} SETTINGS max_table_size_to_drop = 0
;;
DROP VIEW IF EXISTS product_minute_mv {{onCluster}}
;;
DROP TABLE IF EXISTS product_minute {{onCluster}} SETTINGS max_table_size_to_drop = 0
;;
DROP VIEW IF EXISTS product_money_mv {{onCluster}}
;;
DROP TABLE IF EXISTS product_money {{onCluster}} SETTINGS max_table_size_to_drop = 0
