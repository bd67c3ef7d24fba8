package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"showrunner/analytics/clickhouse"
	"showrunner/analytics/engine"
	"showrunner/conversion/care/group"
	"showrunner/live"
	"showrunner/live/sim"
)

// loadTown brings the facts of a town through the sink into the ClickHouse of a
// data folder, and tells how many there were.
func loadTown(ctx context.Context, dir string, town *sim.Town) (facts int64, err error) {
	exe, err := ownPath()
	if err != nil {
		return 0, err
	}
	ch, err := engine.Start(ctx, engine.Config{
		Dir: filepath.Join(dir, "clickhouse"), Exec: []string{exe, engineChild}, Now: clock, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return 0, fmt.Errorf("start ClickHouse: %w", err)
	}
	defer func() {
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
		defer cancel()
		err = errors.Join(err, ch.Close(closing))
	}()
	db, err := clickhouse.Open(ctx, clickhouse.Config{URL: ch.URL(), Now: clock})
	if err != nil {
		return 0, fmt.Errorf("open ClickHouse: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := db.Migrate(ctx); err != nil {
		return 0, err
	}
	running, stop := context.WithCancel(ctx)
	defer stop()
	sink := clickhouse.NewSink(clickhouse.SinkConfig{DB: db, Epoch: "town", Reader: town, MaxAge: time.Second, Now: clock})
	defer sink.Close()
	ended := make(chan error, 1)
	go func() { ended <- sink.Run(running) }()
	for !town.Over() || sink.Watermark().Less(town.Position()) {
		select {
		case err := <-ended:
			return 0, errors.Join(errors.New("the sink ended before the facts"), err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	stop()
	at := town.Position()
	return int64(at.Seq-1)*live.MaxBatch + int64(at.Index), <-ended
}

// checkTown is how many groups are held against their truth, spread over all.
const checkTown = 40

// ratioAnswer is a rate as answers have it.
type ratioAnswer struct {
	Numerator   int64 `json:"numerator"`
	Denominator int64 `json:"denominator"`
}

type townDay struct {
	Provisional bool        `json:"provisional"`
	Members     int64       `json:"members"`
	Joins       int64       `json:"joins"`
	Leaves      int64       `json:"leaves"`
	Active7     int64       `json:"active_7d"`
	Active14    int64       `json:"active_14d"`
	CareToSell  ratioAnswer `json:"care_to_sell"`
}

// check holds days of groups and the survival of all against what was drawn.
func (a *groupAsker) check(ctx context.Context, town *sim.Town, out *benchGroups) error {
	for i := 0; i < len(town.Groups); i += max(1, len(town.Groups)/checkTown) {
		g := town.Groups[i]
		var got struct{ Items []townDay }
		if err := a.get(ctx, fmt.Sprintf("/v1/groups/%s/days?days=%d", g.ID, town.Days+1), &got); err != nil {
			return err
		}
		// Behind the days that were drawn is today's, which is none of them.
		if n := len(got.Items) - 1; n != town.Days-g.Born || !got.Items[n].Provisional {
			out.Wrong++
			continue
		}
		for n := range got.Items[:town.Days-g.Born] {
			x, d := &got.Items[n], g.Born+n
			out.Checked++
			is := [7]int64{x.Members, x.Joins, x.Leaves, x.Active7, x.Active14, x.CareToSell.Numerator, x.CareToSell.Denominator}
			if is != [7]int64{g.Members[d], g.Joins[d], g.Leaves[d], g.Active7[d], g.Active14[d], g.Care[d], g.Sell[d]} {
				out.Wrong++
			}
		}
	}
	return a.checkSurvival(ctx, town, out)
}

func (a *groupAsker) checkSurvival(ctx context.Context, town *sim.Town, out *benchGroups) error {
	var got struct {
		Today string `json:"today"`
		All   struct {
			Months []struct {
				Month int         `json:"month"`
				Alive ratioAnswer `json:"group_survival"`
			} `json:"months"`
		} `json:"all"`
	}
	if err := a.get(ctx, "/v1/groups/survival", &got); err != nil {
		return err
	}
	if got.Today != town.First.AddDate(0, 0, town.Days).Format(time.DateOnly) {
		return errors.New("midnight (UTC) passed meanwhile; run it again")
	}
	if len(got.All.Months) == 0 {
		out.Wrong++
	}
	for _, m := range got.All.Months {
		if of, alive := livesOf(town, m.Month); m.Alive.Denominator != of || m.Alive.Numerator != alive {
			out.Wrong++
		}
	}
	return nil
}

// livesOf is of how many groups a month is over, and how many lived at its end, as drawn.
func livesOf(town *sim.Town, month int) (of, alive int64) {
	for _, g := range town.Groups {
		end := g.Born + month*group.MonthDays - 1
		if end >= town.Days {
			continue
		}
		of++
		if group.Alive(g.Active14[end], g.Members[end], group.DefaultAlive) {
			alive++
		}
	}
	return of, alive
}
