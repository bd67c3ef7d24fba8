package live

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// Deltas are written byte for byte as encoding/json writes deltaJSON, which is
// what reads them.
func TestDeltasAreWrittenAsJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rows := rapid.SliceOfN(rapid.Make[deltaJSON](), 1, 4).Draw(t, "rows")
		for i := range rows {
			rows[i].PaidAt = rapid.SampledFrom([]string{"", "2026-11-21T12:00:00.000Z", "2026-11-21T12:00:00.120Z"}).Draw(t, "paid at")
		}
		want, err := json.Marshal(rows)
		if err != nil {
			t.Fatal(err)
		}
		ds, err := DecodeDeltas(want)
		if err != nil {
			t.Fatal(err)
		}
		if got := EncodeDeltas(ds); string(got) != string(want) {
			t.Fatalf("got  %s\nwant %s", got, want)
		}
	})
}

func FuzzJSONString(f *testing.F) {
	for _, s := range []string{"", "plain", `"\`, "<a&b>", "直播", "\x00\x1f\x7f", "\u2028", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if got := appendJSONString(nil, s); string(got) != string(want) {
			t.Errorf("%q became %s, want %s", s, got, want)
		}
	})
}
