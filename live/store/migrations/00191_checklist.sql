-- +goose Up
-- What a merchant wants done before a show goes on air, in order, and by whom it
-- was done for which show.
CREATE TABLE checklist_items (
  merchant_id TEXT   NOT NULL,
  item_id     TEXT   NOT NULL,
  nth         BIGINT NOT NULL,
  title       TEXT   NOT NULL,
  blocking    BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, item_id)
);
CREATE TABLE checklist_ticks (
  show_id    TEXT   NOT NULL,
  item_id    TEXT   NOT NULL,
  actor_id   TEXT   NOT NULL,
  actor_name TEXT   NOT NULL,
  actor_role TEXT   NOT NULL,
  at         BIGINT NOT NULL,
  note       TEXT   NOT NULL,
  PRIMARY KEY (show_id, item_id)
);
