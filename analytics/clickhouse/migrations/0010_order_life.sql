-- Settlement, deposits, commissions and the types of cancellation. Deltas
-- written before have none of them, and zero is right.

ALTER TABLE order_deltas {{onCluster}}
    ADD COLUMN IF NOT EXISTS cancelled_user Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_timeout Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_all_refunded Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_oversold Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_merchant Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS cancelled_risk Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS deposit Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS settled Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS commission Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS commission_back Int64 CODEC(T64, ZSTD(1)),
    ADD COLUMN IF NOT EXISTS refund_pre_ship Int64 CODEC(T64, ZSTD(1))
