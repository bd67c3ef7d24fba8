package store

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"showrunner/live"
)

// Integration says who may post order facts under a name, and how they sign.
type Integration struct {
	Merchant  live.MerchantID
	Source    string
	Connector string // how the body is read, like "standard"
	Secret    string // whsec_… or what else the connector sealed; never logged
	UpdatedAt time.Time
}

// String leaves the secret out.
func (i Integration) String() string { return fmt.Sprintf("%s/%s", i.Merchant, i.Source) }

// GoString leaves the secret out of %#v too.
func (i Integration) GoString() string { return "Integration(" + i.String() + ")" }

// LogValue leaves the secret out.
func (i Integration) LogValue() slog.Value { return slog.StringValue(i.String()) }

// PutIntegration sets the integration of a merchant under a name.
func (s *Store) PutIntegration(ctx context.Context, in Integration) error {
	if !live.ValidID(string(in.Merchant)) {
		return badID("merchant_id")
	}
	// The platform's own name would let it speak as Showrunner itself.
	if !live.ValidID(in.Source) || in.Source == live.SourceOwn || in.Source == SourceSystem || in.Source == "ws" {
		return live.Invalid("invalid_field", "source", "must be an identifier other than %s, %s and ws", live.SourceOwn, SourceSystem)
	}
	return s.write(ctx, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO integrations (merchant_id, source, connector, secret, updated_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (merchant_id, source) DO UPDATE SET connector = excluded.connector, secret = excluded.secret, updated_at = excluded.updated_at`,
			string(in.Merchant), in.Source, in.Connector, in.Secret, ms(t.now)); err != nil {
			return fmt.Errorf("put integration: %w", err)
		}
		return nil
	})
}

// Integrations lists every merchant's integration of a name: a webhook says
// its source, and its signature says whose it is.
func (s *Store) Integrations(ctx context.Context, source string) ([]Integration, error) {
	rows, err := s.reader(ctx).query(`SELECT merchant_id, source, connector, secret, updated_at FROM integrations WHERE source = ? ORDER BY merchant_id`, source)
	list, err := collect(rows, err, func(r scanner) (Integration, error) {
		var in Integration
		var updated int64
		err := r.Scan(&in.Merchant, &in.Source, &in.Connector, &in.Secret, &updated)
		in.UpdatedAt = at(updated)
		return in, err
	})
	if err != nil {
		return nil, fmt.Errorf("list integrations: %w", err)
	}
	return list, nil
}
