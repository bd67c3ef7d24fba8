package clickhouse

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"showrunner/live"
)

// TestFiguresKept: of each show the figures that were kept last are given again, under
// the name they were kept under and no other, until somebody of the merchant is
// forgotten.
func TestFiguresKept(t *testing.T) {
	waitReady(t)
	db := migrated(t, server.URL())
	bytesOf := func(m live.MerchantID, everything bool, of map[live.ShowID]string) map[live.ShowID]string {
		t.Helper()
		var shows []live.ShowID
		var names []string
		for id, name := range of {
			shows, names = append(shows, id), append(names, name)
		}
		got, err := db.KeptFigures(t.Context(), m, shows, names, everything)
		if err != nil {
			t.Fatal(err)
		}
		out := map[live.ShowID]string{}
		for _, k := range got {
			if k.Of == of[k.Show] {
				out[k.Show] = string(k.Metrics) + string(k.Everything)
			}
		}
		return out
	}
	keep := func(m live.MerchantID, list ...KeptFigures) {
		t.Helper()
		if err := db.KeepFigures(t.Context(), m, list); err != nil {
			t.Fatal(err)
		}
	}
	same := func(what string, want, got any) {
		t.Helper()
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: -want +got\n%s", what, d)
		}
	}
	type bodies = map[live.ShowID]string
	raw := string(bytes.Join([][]byte{{0, 1, 0xff, 0xfe, '\'', '\\', '\n'}, bytes.Repeat([]byte("figures "), 9000)}, nil))
	of := bodies{"s1": "a", "s2": "b", "none": "c"}
	same("nothing kept", bodies{}, bytesOf("m1", true, of))
	keep("m1", KeptFigures{Show: "s1", Of: "a", Metrics: []byte("m"), Everything: []byte(raw)}, KeptFigures{Show: "s2", Of: "b", Metrics: []byte("alone")})
	keep("m2", KeptFigures{Show: "s1", Of: "a", Metrics: []byte("other"), Everything: []byte("others'")})
	same("everything", bodies{"s1": raw}, bytesOf("m1", true, of))
	same("the metrics", bodies{"s1": "m", "s2": "alone"}, bytesOf("m1", false, of))
	same("of a merchant", bodies{"s1": "others'"}, bytesOf("m2", true, of))
	same("under other names", bodies{}, bytesOf("m1", false, bodies{"s1": "b", "s2": "a"}))
	for range 2 {
		keep("m1", KeptFigures{Show: "s1", Of: "later", Erased: 1, Metrics: []byte("M"), Everything: []byte("E")})
	}
	under, err := db.KeptFigures(t.Context(), "m1", []live.ShowID{"s2", "none"}, nil, false)
	if err != nil {
		t.Fatal(err)
	}
	same("under any name", []KeptFigures{{Show: "s2", Of: "b", Metrics: []byte("alone")}}, under)
	same("what was counted later", bodies{"s1": "E"}, bytesOf("m1", true, bodies{"s1": "later"}))
	shards, err := db.shards(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range shards {
		exec(t, part, `OPTIMIZE TABLE figures_kept FINAL`)
	}
	same("what was counted before it", bodies{}, bytesOf("m1", true, of))
	known, err := db.KeptOf(t.Context(), "m1")
	if err != nil {
		t.Fatal(err)
	}
	same("what is known to be kept", []KeptFigures{{Show: "s1", Of: "later", Erased: 1}}, known)
	if err := db.DropFigures(t.Context(), "m1", 1); err != nil {
		t.Fatal(err)
	}
	same("after one was forgotten", bodies{}, bytesOf("m1", false, of))
	same("what was counted since", bodies{"s1": "M"}, bytesOf("m1", false, bodies{"s1": "later"}))
	if err := db.Rename(t.Context(), Renaming{Merchant: "m1", Old: "p1", New: "p2"}, func() error { return nil }); err != nil {
		t.Fatal(err)
	}
	same("when another is renamed", bodies{}, bytesOf("m1", false, bodies{"s1": "later"}))
	same("of another merchant", bodies{"s1": "others'"}, bytesOf("m2", true, of))
	if err := db.DropFigures(t.Context(), "m'1", 1); err == nil {
		t.Error("a merchant that is none was taken")
	}

	// Before the tables are made, nothing is kept and how facts stand is asked of them.
	for _, part := range shards {
		exec(t, part, `DROP TABLE figures_kept`)
	}
	same("without the table", bodies{}, bytesOf("m2", true, of))
	if err := db.DropFigures(t.Context(), "m1", 1); err != nil {
		t.Error(err)
	}
}
