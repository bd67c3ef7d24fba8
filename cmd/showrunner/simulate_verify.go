package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"slices"
	"time"

	"showrunner/live"
	"showrunner/live/sim"
)

// simSettles is how long report, snapshot and ledger may take to have everything.
const simSettles = 60 * time.Second

// simVerdict is the comparison of a run, as --out writes it.
type simVerdict struct {
	Room     live.RoomID `json:"room_id"`
	Show     live.ShowID `json:"show_id"`
	Seed     uint64      `json:"seed"`
	Viewers  int         `json:"viewers"`
	Minutes  int         `json:"minutes"`
	OK       bool        `json:"ok"`
	Agree    bool        `json:"reconciliation_agrees"`
	Compared int         `json:"figures_compared"`
	Differ   int         `json:"figures_that_differ"`
	Rows     []simRow    `json:"rows"`
	Sight    simSight    `json:"sight"`
	Pulse    struct {
		Frames  int   `json:"frames"`
		Longest int64 `json:"longest_silence_ms"`
	} `json:"snapshot_frames"`
	Reconnects int64    `json:"reconnects"`
	Retries    int64    `json:"retries"`
	SoldOut    int64    `json:"sold_out"`
	Faults     []string `json:"faults"`
	faults     int
}

// verify waits until the server has everything, compares, prints and judges.
func (r *simRun) verify(ctx context.Context, stdout, stderr io.Writer) error {
	token, err := r.token(live.RoleMerchant, r.name+"-owner", "Simulated merchant")
	if err != nil {
		return err
	}
	fmt.Fprintf(stderr, "simulate: the show is over; waiting for the figures\n")
	deadline := time.Now().Add(simSettles)
	var b simBoard
	var rows []simRow
	for {
		b, err = r.read(ctx, token)
		if err == nil {
			rows = r.compare(&b)
			if differing(rows) == 0 && b.Reconciliation.Agree && b.Report.Complete {
				break
			}
		}
		if time.Now().After(deadline) {
			break
		}
		if err := sleepFor(ctx, time.Second); err != nil {
			return err
		}
	}
	if err != nil {
		return fmt.Errorf("read the figures: %w", err)
	}
	given, err := r.compareBenefits(ctx, token)
	if err != nil {
		return fmt.Errorf("read what was given away: %w", err)
	}
	v := r.judge(&b, append(rows, given...))
	if err := r.print(stdout, v); err != nil {
		return fmt.Errorf("print the comparison: %w", err)
	}
	if r.cmd.Out != "" {
		raw, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return fmt.Errorf("encode the comparison: %w", err)
		}
		if err := os.WriteFile(r.cmd.Out, append(raw, '\n'), 0o644); err != nil {
			return fmt.Errorf("write the comparison: %w", err)
		}
	}
	if !v.OK {
		return fmt.Errorf("%d of %d figures differ, %d other faults", v.Differ, v.Compared, v.faults)
	}
	return nil
}

// simBoard is what the server says about the show, on its three ways.
type simBoard struct {
	Report struct {
		AsOf        string        `json:"as_of"`
		Complete    bool          `json:"complete"`
		Show        simShow       `json:"show"`
		Metrics     simNumbers    `json:"metrics"`
		ByCurrency  []simNumbers  `json:"by_currency"`
		Funnel      []simNumbers  `json:"funnel"`
		Products    []simNumbers  `json:"products"`
		Sources     []simNumbers  `json:"sources"`
		Attribution simAttributed `json:"attribution"`
	}
	Snapshot struct {
		Metrics    simNumbers   `json:"metrics"`
		ByCurrency []simNumbers `json:"by_currency"`
	}
	Reconciliation struct {
		Agree bool `json:"agree"`
		Rows  []struct {
			Currency live.Currency `json:"currency"`
			Figure   string        `json:"figure"`
			Ledger   int64         `json:"ledger"`
		} `json:"rows"`
	}
}

type simShow struct {
	StartedAt time.Time `json:"started_at"`
	EndedAt   time.Time `json:"ended_at"`
}

type simAttributed struct {
	Models []struct {
		Model        string        `json:"model"`
		Currency     live.Currency `json:"currency"`
		Total        int64         `json:"total_minor"`
		Unattributed int64         `json:"unattributed_minor"`
		ByChannel    []simCredit   `json:"by_channel"`
		ByStage      []simCredit   `json:"by_stage"`
	} `json:"models"`
}

type simCredit struct {
	Minor int64 `json:"credit_minor"`
}

// simNumbers is an object of which the integers and the names are looked at.
type simNumbers map[string]json.RawMessage

// number is an integer member; nil if there is none.
func (n simNumbers) number(key string) *int64 {
	var v int64
	if raw, ok := n[key]; !ok || json.Unmarshal(raw, &v) != nil {
		return nil
	}
	return &v
}

func (n simNumbers) name(key string) string {
	var s string
	if json.Unmarshal(n[key], &s) != nil {
		return ""
	}
	return s
}

func byName(list []simNumbers, key, name string) simNumbers {
	i := slices.IndexFunc(list, func(n simNumbers) bool { return n.name(key) == name })
	if i < 0 {
		return nil
	}
	return list[i]
}

func (r *simRun) read(ctx context.Context, token string) (b simBoard, err error) {
	path := "/v1/shows/" + url.PathEscape(string(r.show))
	for _, q := range []struct {
		path string
		out  any
	}{
		{path + "/reconciliation", &b.Reconciliation}, {path + "/report?format=json", &b.Report}, {path + "/snapshot", &b.Snapshot},
	} {
		if err := r.api.do(ctx, simCall{Method: http.MethodGet, Path: q.path, Token: token}, q.out); err != nil {
			return b, err
		}
	}
	return b, nil
}

// judge adds to the comparison what was seen on the way.
func (r *simRun) judge(b *simBoard, rows []simRow) *simVerdict {
	v := &simVerdict{
		Room: r.room, Show: r.show, Seed: r.cmd.Seed, Viewers: r.cmd.Viewers, Minutes: r.cmd.Minutes,
		Agree: b.Reconciliation.Agree, Compared: len(rows), Differ: differing(rows), Rows: rows, Sight: r.eyes.verdict(),
		Reconnects: r.reconnects.Load(), Retries: r.retries.Load(), SoldOut: r.soldOut.Load(),
	}
	v.Faults, v.faults = r.notes.all()
	fault := func(format string, args ...any) {
		v.Faults = append(v.Faults, fmt.Sprintf(format, args...))
		v.faults++
	}
	if !v.Agree {
		fault("the reconciliation does not agree")
	}
	if !b.Report.Complete {
		fault("the report lacks facts of its own instant")
	}
	if v.Sight.fault() {
		fault("events were not seen exactly once: %+v", v.Sight)
	}
	frames, most := r.pulse.read()
	v.Pulse.Frames, v.Pulse.Longest = frames, most.Milliseconds()
	if frames == 0 || most > simSilence {
		fault("the panel got %d snapshot frames and none for %s", frames, most.Truncate(time.Millisecond))
	}
	if got, want := r.prompted.Load(), r.prompts.Load(); got != want && r.hostLost.Load() == 0 {
		fault("the host got %d of %d prompts", got, want)
	}
	for _, m := range b.Report.Attribution.Models {
		for axis, credits := range map[string][]simCredit{"channel": m.ByChannel, "stage": m.ByStage} {
			sum := m.Unattributed
			for _, c := range credits {
				sum += c.Minor
			}
			if sum != m.Total {
				fault("attribution %s by %s in %s credits %d of %d", m.Model, axis, m.Currency, sum, m.Total)
			}
		}
	}
	v.OK = v.Differ == 0 && v.faults == 0
	return v
}

// simSilence is the longest wait for the next snapshot frame; one is due each
// second, and a machine that does everything at once may be late.
const simSilence = 20 * time.Second

// figures are the tally's sums; the server's own times say what was on air.
func (r *simRun) figures(b *simBoard) sim.Figures {
	return r.tally.Figures(b.Report.Show.StartedAt, b.Report.Show.EndedAt)
}
