package store

import (
	"database/sql"
	"errors"
	"fmt"

	"showrunner/live"
)

// RoomZone is the IANA name of the time zone of most of a merchant's rooms, the first
// by name among equals; UTC without any.
func RoomZone(q Querier, m live.MerchantID) (zone string, err error) {
	err = q.Row(`SELECT time_zone FROM rooms WHERE merchant_id = ? GROUP BY time_zone ORDER BY COUNT(*) DESC, time_zone LIMIT 1`, string(m)).Scan(&zone)
	if errors.Is(err, sql.ErrNoRows) {
		return "UTC", nil
	}
	if err != nil {
		return "", fmt.Errorf("find the time zone of a merchant: %w", err)
	}
	return zone, nil
}
