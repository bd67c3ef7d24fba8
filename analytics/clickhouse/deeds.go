package clickhouse

import (
	"context"
	"strings"

	"showrunner/conversion"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// maxDeeds bounds the deeds of one person; who has more is shown the latest.
const maxDeeds = 100_000

// Deeds are what a person of any of their names did and was done for, ascending,
// that was received until the instant of the scope.
func (db *DB) Deeds(ctx context.Context, s conversion.Scope, person live.PersonID) ([]temperature.Deed, error) {
	s.Room = ""
	q, err := db.people(ctx, s)
	if err != nil {
		return nil, err
	}
	q.parameters["person"] = string(person)
	q.set("most", maxDeeds)
	var out []temperature.Deed
	err = q.rows(ctx, "deeds", `SELECT * FROM (SELECT toString(kind) AS kind, occurred_at, toString(actor_role) AS role, num, props, seq, idx`+q.facts()+`
		AND `+q.who+` = `+strings.ReplaceAll(q.who, "person_id", "{person:String}")+` AND kind IN `+kindList(temperature.DeedKinds)+`
		ORDER BY occurred_at DESC, seq DESC, idx DESC LIMIT {most:Int64}) ORDER BY occurred_at, seq, idx`,
		func(scan scanner) error {
			var d temperature.Deed
			var role, props string
			var seq uint64
			var idx uint32
			if err := scan((*string)(&d.Kind), &d.At, &role, &d.Num, &props, &seq, &idx); err != nil {
				return err
			}
			d.At, d.Role = d.At.UTC(), live.Role(role)
			if props != "" {
				d.Data = []byte(props)
			}
			out = append(out, d)
			return nil
		})
	return out, err
}
