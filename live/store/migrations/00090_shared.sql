-- +goose Up
-- What stores that share a database tell each other: the time of the last
-- transaction, so that stamps ascend whoever writes, and the number of changes
-- to what stores keep in memory.
INSERT INTO counters (name, value) VALUES ('clock', 0), ('changes', 0);
