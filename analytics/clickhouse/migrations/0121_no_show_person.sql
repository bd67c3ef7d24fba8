-- What each person did in each show cost a quarter of what taking in a fact costs,
-- was read by nobody but the audit, and kept people's behaviour for ever, beyond the
-- days for which raw behaviour is kept.

DROP VIEW IF EXISTS show_person_published {{onCluster}}
;;
DROP VIEW IF EXISTS show_person_mv {{onCluster}}
;;
DROP TABLE IF EXISTS show_person {{onCluster}} SETTINGS max_table_size_to_drop = 0
