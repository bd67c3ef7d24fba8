package clickhouse

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"showrunner/conversion"
	"showrunner/conversion/care/group"
	"showrunner/live"
)

// gang invents facts of a few groups: late ones, repeats, people of two names and
// merges that are undone again.
type gang struct {
	village

	merges []live.Merge
}

func (v *gang) live(m live.MerchantID, n int) {
	for range n {
		v.now = v.now.Add(time.Duration(v.rng.IntN(6*3600)) * time.Second)
		e := live.Event{
			Source: "crm", Merchant: m, Person: live.PersonID(fmt.Sprintf("p%d", v.rng.IntN(6))), Actor: live.Actor{ID: "crm", Role: live.RoleIntegration},
			OccurredAt: v.now.Add(-time.Duration(v.rng.IntN(3)*v.rng.IntN(9*24*3600)) * time.Second).Truncate(time.Second), Rehearsal: v.rng.IntN(30) == 0,
		}
		data := map[string]any{"group_id": fmt.Sprintf("g%d'\\", v.rng.IntN(3))}
		switch v.rng.IntN(12) {
		case 0, 1, 2:
			e.Kind = live.GroupJoined
			data["join_scene"] = append(live.JoinScenes, "")[v.rng.IntN(4)]
		case 3:
			e.Kind = live.GroupLeft
			data["quit_scene"] = live.QuitScenes[v.rng.IntN(2)]
		case 4:
			e.Kind = []live.Kind{live.GroupExposed, live.GroupCreated, live.GroupArchived}[v.rng.IntN(3)]
		case 5:
			k := live.Merge{N: int64(len(v.merges) + 1), A: e.Person, B: live.PersonID(fmt.Sprintf("p%d", v.rng.IntN(6)))}
			e.Kind, e.Source, e.Rehearsal = live.IdentityMerged, "system", false
			if len(v.merges) > 0 && v.rng.IntN(2) == 0 {
				k = v.merges[v.rng.IntN(len(v.merges))]
				k.N, k.Undoes = int64(len(v.merges)+1), k.N
				e.Kind, data["undoes"] = live.IdentityUnmerged, k.Undoes
			}
			v.merges = append(v.merges, k)
			data["merge"], data["from_person"], data["to_person"], data["persons"] = k.N, k.B, min(k.A, k.B), []live.PersonID{k.A, k.B}
		default:
			e.Kind = live.GroupMessageSent
			if role := v.rng.IntN(len(live.SpeakerRoles) + 4); role < len(live.SpeakerRoles) {
				data["by_role"] = live.SpeakerRoles[role]
			}
			if kind := v.rng.IntN(len(live.MessageKinds) + 1); kind < len(live.MessageKinds) {
				data["kind"] = live.MessageKinds[kind]
			}
			e.Actor.Role = []live.Role{live.RoleIntegration, live.RoleAgent, live.RoleViewer}[v.rng.IntN(3)]
		}
		e.Data = mustJSON(data)
		v.state(e)
	}
}

// factsOf reads the facts of groups of a merchant out of the log, by group, as the
// definition of days wants them.
func factsOf(t *testing.T, m live.MerchantID, entries []live.Entry) map[string][]group.Fact {
	t.Helper()
	var merges []live.Merge
	for _, e := range entries {
		if k, ok := conversion.MergeOf(e.Event.Data); ok && e.Event.Merchant == m && (e.Event.Kind == live.IdentityMerged || e.Event.Kind == live.IdentityUnmerged) {
			merges = append(merges, k)
		}
	}
	names := conversion.Names(merges)
	out := map[string][]group.Fact{}
	for _, en := range entries {
		e := &en.Event
		if e.Merchant != m || e.Rehearsal || !slices.Contains([]live.Kind{live.GroupJoined, live.GroupLeft, live.GroupMessageSent, live.GroupExposed, live.GroupCreated, live.GroupArchived}, e.Kind) {
			continue
		}
		var d struct {
			Group string `json:"group_id"`
			Join  string `json:"join_scene"`
			Quit  string `json:"quit_scene"`
			Role  string `json:"by_role"`
			Kind  string `json:"kind"`
		}
		if err := json.Unmarshal(e.Data, &d); err != nil {
			t.Fatal(err)
		}
		f := group.Fact{Kind: e.Kind, At: e.OccurredAt.Truncate(time.Millisecond), Position: en.Position, Person: e.Person, Scene: d.Join + d.Quit, Speaker: group.SpeakerOf(d.Role, e.Actor.Role), Message: d.Kind}
		if one, ok := names[e.Person]; ok {
			f.Person = one
		}
		out[d.Group] = append(out[d.Group], f)
	}
	return out
}

// TestGroupDays holds the days of the database against their definition, made
// anew in pieces as facts arrive late and merges change who is who.
func TestGroupDays(t *testing.T) {
	n := cases(t, 4)
	rng := rand.New(rand.NewPCG(77, uint64(n)))
	db := migrated(t, server.URL())
	var active, back int64
	for i := range n {
		m := live.MerchantID(fmt.Sprint("m", i))
		v := &gang{village: village{rng: rng, now: time.Date(2026, 2, 20, 11, 0, 0, 0, time.UTC), seq: uint64(i*10_000 + 1)}}
		zone, err := time.LoadLocation(zones[i%len(zones)])
		if err != nil {
			t.Fatal(err)
		}
		for range 4 {
			from := len(v.entries)
			v.live(m, 10+rng.IntN(120))
			v.seq, v.idx = v.seq+1, 0
			log := newMemoryLog(v.entries[from:])
			until(t, NewSink(SinkConfig{DB: db, Epoch: fmt.Sprint(i), Reader: log.reader(), MaxAge: 5 * time.Millisecond, Now: time.Now}), live.Position{Seq: v.entries[len(v.entries)-1].Position.Seq + 1})
			now := v.now.Add(time.Duration(rng.IntN(4*24)) * time.Hour)
			if err := db.RefreshGroups(t.Context(), m, zone, now, func([]group.Sighting) error { return nil }); err != nil {
				t.Fatal(err)
			}
			today := conversion.DayOf(now, zone)
			for id, facts := range factsOf(t, m, v.entries) {
				want := group.DaysOf(facts, zone, today)
				got, err := db.GroupDays(t.Context(), m, zone, id, 0, today+1)
				if err != nil {
					t.Fatal(err)
				}
				if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
					t.Fatalf("%s %s in %v: -definition +clickhouse\n%s", m, id, zone, d)
				}
				for _, d := range got {
					active += d.Active7
					back += d.Leaves
				}
			}
			v.now = now
		}
	}
	if active < int64(n)*20 || back < int64(n) {
		t.Errorf("%d active, %d leaves: the test sees nothing", active, back)
	}
	// Another merchant's groups of the same name are none of ours.
	if got, err := db.GroupDays(t.Context(), "stranger", time.UTC, "g0'\\", 0, 99_999); err != nil || len(got) != 0 {
		t.Errorf("a stranger sees %d days, %v", len(got), err)
	}
}

// TestGroupsOfOldFacts: facts that were there before the tables of groups are
// brought over once, also when two programs do it or one does it twice.
func TestGroupsOfOldFacts(t *testing.T) {
	db := migrated(t, server.URL())
	v := &gang{village: village{rng: rand.New(rand.NewPCG(3, 3)), now: time.Date(2026, 2, 27, 11, 0, 0, 0, time.UTC), seq: 1}}
	v.live("m1", 300)
	fill(t, db, v.entries, nil)
	sums := func() (n, x uint64) {
		t.Helper()
		if err := db.rows(t.Context(), "sum", nil, `SELECT count(), sum(cityHash64(*)) FROM group_facts`, func(scan scanner) error { return scan(&n, &x) }); err != nil {
			t.Fatal(err)
		}
		return n, x
	}
	n, x := sums()
	for _, sql := range []string{`DROP VIEW group_facts_mv`, `DROP TABLE group_facts`} {
		if err := db.conn.Exec(db.ddl(t.Context()), sql); err != nil {
			t.Fatal(err)
		}
	}
	all, err := render(migrations, false)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		for _, s := range all {
			if s.version != "0077_group_facts" {
				continue
			}
			for range 2 {
				if err := db.conn.Exec(db.ddl(t.Context()), s.sql); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	if gotN, gotX := sums(); gotN != n || gotX != x || n < 100 {
		t.Errorf("%d facts with sum %d were brought over, want %d with %d", gotN, gotX, n, x)
	}
}

func TestIndexBits(t *testing.T) {
	if got := strconv.Itoa(1 << 12); indexBits != "12" || got != strconv.Itoa(live.MaxBatch) {
		t.Errorf("positions have other bits than %s", indexBits)
	}
}
