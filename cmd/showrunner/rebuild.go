package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/user"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/live"
	"showrunner/live/store"
)

// RebuildCmd makes a rollup of ClickHouse anew from its facts.
type RebuildCmd struct {
	Data   string `default:"./data" type:"path" help:"Data folder of the server; one is started for the purpose when none runs."`
	Rollup string `required:"" help:"The rollup, such as money_minute."`
	Month  string `help:"The month, YYYY-MM; without it for rollups that have none, such as show_money."`
	Apply  bool   `help:"Do it; without this it is only told what would be done."`
	By     string `help:"Who does it, for the record; the user of this system when left out."`
}

// rebuildRequest is what the server is asked for.
type rebuildRequest struct {
	Rollup string `json:"rollup"`
	Month  string `json:"month"`
	Apply  bool   `json:"apply"`
	By     string `json:"by"`
}

// rebuildAnswer is what it found, and what it finds since.
type rebuildAnswer struct {
	Before *clickhouse.Rebuild `json:"before"`
	After  *clickhouse.Rebuild `json:"after"` // nil: nothing was done
}

// Execute asks the server and tells what it says.
func (c *RebuildCmd) Execute(ctx context.Context, stdout, stderr io.Writer) error {
	if c.By == "" {
		me, err := user.Current()
		if err != nil {
			return fmt.Errorf("%w: --by is needed: %w", errUsage, err)
		}
		c.By = me.Username
	}
	var got rebuildAnswer
	in := rebuildRequest{Rollup: c.Rollup, Month: c.Month, Apply: c.Apply, By: c.By}
	if err := tellOrStart(ctx, c.Data, "/rebuild", &in, &got, stderr); err != nil {
		return err
	}
	if got.Before == nil {
		return errors.New("the server said nothing of the rollup")
	}
	tell := func(r *clickhouse.Rebuild, is string) error {
		what := r.Rollup
		if r.Month != "" {
			what += " of " + r.Month
		}
		differs := "which the audit does not compare"
		if r.Checked {
			differs = fmt.Sprintf("%d places of the rollup differ from its facts", len(r.Found))
		}
		if _, err := fmt.Fprintf(stdout, "%s %s %d rows, made of %s; %s\n", what, is, r.Rows, r.Facts, differs); err != nil {
			return fmt.Errorf("tell: %w", err)
		}
		for i, m := range r.Found {
			if i == 20 {
				_, err := fmt.Fprintf(stdout, "  and %d more\n", len(r.Found)-i)
				return err
			}
			if _, err := fmt.Fprintf(stdout, "  %s merchant %s show %s %s: facts %d, rollup %d\n", m.Check, m.Merchant, m.Show, m.Key, m.Facts, m.Rollup); err != nil {
				return fmt.Errorf("tell: %w", err)
			}
		}
		return nil
	}
	if err := tell(got.Before, "has"); err != nil {
		return err
	}
	if got.After == nil {
		_, err := fmt.Fprintln(stdout, "nothing was changed: --apply rebuilds it")
		return err
	}
	return tell(got.After, "was rebuilt and has")
}

// auditRebuild is the action in the record.
const auditRebuild = "rollup.rebuild"

// rebuildWithin bounds the wait for the sink and the reading of the facts.
const rebuildWithin = time.Hour

// rebuild says what a rebuilding would do, and does it between two ranges of the
// sink. It is on record before it is done.
func (s *server) rebuild(ctx context.Context, in *rebuildRequest) (*rebuildAnswer, error) {
	ctx, cancel := context.WithTimeout(ctx, rebuildWithin)
	defer cancel()
	plan, err := s.db.PlanRebuild(ctx, in.Rollup, in.Month)
	if err != nil || !in.Apply {
		return &rebuildAnswer{Before: plan}, err
	}
	sink := s.ownSink(ctx)
	if sink == nil {
		return nil, live.Conflict("no_sink", "another server writes to ClickHouse: the rebuilding is its part")
	}
	detail, err := json.Marshal(map[string]any{"rollup": in.Rollup, "month": in.Month, "rows": plan.Rows, "found": len(plan.Found)})
	if err != nil {
		return nil, fmt.Errorf("write the record: %w", err)
	}
	row := store.AuditRow{Actor: live.Actor{ID: in.By, Role: live.RoleAdmin}, Action: auditRebuild, Detail: string(detail)}
	if err := s.store.AddAudit(ctx, row); err != nil {
		return nil, fmt.Errorf("write the record: %w", err)
	}
	out := &rebuildAnswer{Before: plan}
	err = sink.AtRest(ctx, func(ctx context.Context, _ live.Position) error {
		if err := s.db.Rebuild(ctx, plan); err != nil {
			return err
		}
		out.After, err = s.db.PlanRebuild(ctx, in.Rollup, in.Month)
		return err
	})
	if err != nil {
		row.Code = "not_rebuilt"
		return nil, errors.Join(err, s.store.AddAudit(context.WithoutCancel(ctx), row))
	}
	return out, nil
}
