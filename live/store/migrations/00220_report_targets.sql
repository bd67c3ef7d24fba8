-- +goose Up
-- What a merchant wants of the main figures of a show. A version is never
-- changed: the report as of an instant has the targets that held then.
CREATE TABLE report_target_versions (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  declared_at BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version)
);
CREATE TABLE report_targets (
  merchant_id TEXT   NOT NULL,
  version     BIGINT NOT NULL,
  metric      TEXT   NOT NULL,
  numerator   BIGINT NOT NULL,
  denominator BIGINT NOT NULL,
  PRIMARY KEY (merchant_id, version, metric)
);

-- +goose Down
DROP TABLE report_targets;
DROP TABLE report_target_versions;
