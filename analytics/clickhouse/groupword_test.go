package clickhouse

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// spokenWords draws what is said in groups and what platforms report of them: some of
// it late, of a rehearsal, by nobody, of days that are none, or of another merchant.
func spokenWords(m live.MerchantID, seq uint64) *rapid.Generator[[]live.Entry] {
	return rapid.Custom(func(t *rapid.T) (out []live.Entry) {
		of := func(name string, list ...string) string { return rapid.SampledFrom(list).Draw(t, name) }
		first := time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC)
		for i := range rapid.IntRange(12, 60).Draw(t, "facts") {
			data := map[string]any{"group_id": of("group", "g0", "g1:a", "g2")}
			e := live.Event{
				Merchant: m, ID: live.EventID(fmt.Sprintf("%s-%d", m, i)), Source: "crm", Kind: live.GroupMessageSent, Rehearsal: rapid.IntRange(0, 9).Draw(t, "rehearsal") == 0,
				OccurredAt: first.Add(time.Duration(rapid.Int64Range(0, 6*24*3600*1000).Draw(t, "at")) * time.Millisecond), ReceivedAt: first.AddDate(0, 0, 7),
				Actor: live.Actor{ID: of("actor", "li", "wang", "crm"), Role: rapid.SampledFrom([]live.Role{live.RoleAgent, live.RoleHost, live.RoleIntegration, live.RoleViewer}).Draw(t, "role")},
			}
			if rapid.IntRange(0, 9).Draw(t, "elsewhere") == 0 {
				e.Merchant += "-other"
			}
			if rapid.IntRange(0, 2).Draw(t, "kind") == 0 {
				e.Kind = live.GroupStatsReported
				data["day"] = of("day", "2026-03-07", "2026-03-08", "2026-02-31", "2026-3-9", "today", "2024-02-29")
				for _, member := range []string{"members", "joins", "leaves", "talkers_to_date", "messages_to_date"} {
					if rapid.Bool().Draw(t, member+"?") {
						data[member] = rapid.Int64Range(0, 500).Draw(t, member)
					}
				}
			} else {
				if role := rapid.SampledFrom(append([]string{""}, live.SpeakerRoles...)).Draw(t, "by_role"); role != "" {
					data["by_role"] = role
				}
				if kind := rapid.SampledFrom(append([]string{""}, live.MessageKinds...)).Draw(t, "message"); kind != "" {
					data["kind"] = kind
				}
				if agent := of("agent", "", "li", "mei"); agent != "" {
					data["agent_id"] = agent
				}
			}
			e.Data = mustJSON(data)
			out = append(out, live.Entry{Position: live.Position{Seq: seq, Index: uint32(i)}, Event: e})
		}
		return out
	})
}

// wordsOf counts what agents wrote, message by message.
func wordsOf(m live.MerchantID, entries []live.Entry, zone *time.Location, from, until conversion.Day, ids []string) (out []group.Words) {
	by, groups := map[string]*group.Words{}, map[string]map[string]bool{}
	for _, en := range entries {
		e := &en.Event
		var d struct {
			Group string `json:"group_id"`
			Role  string `json:"by_role"`
			Kind  string `json:"kind"`
			Agent string `json:"agent_id"`
		}
		if json.Unmarshal(e.Data, &d) != nil || e.Kind != live.GroupMessageSent || e.Merchant != m || e.Rehearsal || ids != nil && !slices.Contains(ids, d.Group) {
			continue
		}
		day := conversion.DayOf(e.OccurredAt, zone)
		if day < from || day >= until || group.SideOf(group.SpeakerOf(d.Role, e.Actor.Role)) != group.SideStaff {
			continue
		}
		agent := d.Agent
		if agent == "" && e.Actor.Role == live.RoleAgent {
			agent = e.Actor.ID
		}
		w := by[agent]
		if w == nil {
			w = &group.Words{Agent: agent}
			by[agent], groups[agent] = w, map[string]bool{}
		}
		groups[agent][d.Group] = true
		w.Groups = int64(len(groups[agent]))
		w.Messages++
		if slices.Contains(group.CareKinds, d.Kind) {
			w.Care++
		}
		if slices.Contains(group.SellKinds, d.Kind) {
			w.Sell++
		}
	}
	for _, w := range by {
		out = append(out, *w)
	}
	slices.SortFunc(out, func(a, b group.Words) int { return cmp.Compare(a.Agent, b.Agent) })
	return out
}

// reportsOf keeps the last word on each day that there is.
func reportsOf(m live.MerchantID, entries []live.Entry, id string) map[conversion.Day]group.Reported {
	out := map[conversion.Day]group.Reported{}
	for _, en := range entries {
		e := &en.Event
		var d struct {
			Group    string `json:"group_id"`
			Day      string `json:"day"`
			Members  *int64 `json:"members"`
			Joins    *int64 `json:"joins"`
			Leaves   *int64 `json:"leaves"`
			Talkers  *int64 `json:"talkers_to_date"`
			Messages *int64 `json:"messages_to_date"`
		}
		if json.Unmarshal(e.Data, &d) != nil || e.Kind != live.GroupStatsReported || e.Merchant != m || e.Rehearsal || d.Group != id {
			continue
		}
		at, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			continue
		}
		or := func(n *int64) int64 {
			if n == nil {
				return -1
			}
			return *n
		}
		day := conversion.DayOf(at, time.UTC)
		out[day] = group.Reported{Day: day, Members: or(d.Members), Joins: or(d.Joins), Leaves: or(d.Leaves), Talkers: or(d.Talkers), Messages: or(d.Messages)}
	}
	return out
}

// TestGroupWordsAndReports holds what agents wrote in groups, and what platforms
// report of them, against a count by hand over the same facts.
func TestGroupWordsAndReports(t *testing.T) {
	db := migrated(t, server.URL())
	var n, words, reports int
	rapid.Check(t, func(r *rapid.T) {
		n++
		m := live.MerchantID(fmt.Sprint("m", n))
		entries := spokenWords(m, uint64(n)).Draw(r, "entries")
		log := newMemoryLog(entries)
		until(t, NewSink(SinkConfig{DB: db, Epoch: fmt.Sprint("e", n), Reader: log.reader(), MaxAge: time.Millisecond, Now: time.Now}), live.Position{Seq: uint64(n) + 1})
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(r, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		first := conversion.DayOf(entries[0].Event.ReceivedAt, time.UTC) - conversion.Day(rapid.SampledFrom([]int{0, 6, 7, 7, 8, 8, 9}).Draw(r, "from"))
		last := first + conversion.Day(rapid.SampledFrom([]int{0, 1, 3, 6, 9, 14, 20}).Draw(r, "days"))
		ids := rapid.SampledFrom([][]string{nil, {}, {"g0"}, {"g1:a", "g2"}}).Draw(r, "ids")
		got, err := db.GroupWords(t.Context(), m, zone, first, last, ids)
		if err != nil {
			r.Fatal(err)
		}
		want := wordsOf(m, entries, zone, first, last, ids)
		if d := gocmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
			r.Fatalf("words in %v: -counted +told\n%s", zone, d)
		}
		words += len(want)
		for _, id := range []string{"g0", "g1:a", "g2"} {
			got, err := db.GroupReports(t.Context(), m, id)
			if err != nil {
				r.Fatal(err)
			}
			want := reportsOf(m, entries, id)
			if d := gocmp.Diff(want, got); d != "" {
				r.Fatalf("reports of %s: -counted +told\n%s", id, d)
			}
			reports += len(slices.Collect(maps.Keys(want)))
		}
	})
	if words < 20 || reports < 20 {
		t.Errorf("%d words, %d reports: the test sees nothing", words, reports)
	}
}
