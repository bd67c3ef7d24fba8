package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// TestAged prints what cannot be computed any more in every format, and nothing
// of it in the report of a show of which all is there.
func TestAged(t *testing.T) {
	started := time.Date(2025, 3, 1, 12, 0, 0, 0, time.UTC)
	show := live.Show{ID: "s", Room: "r", Merchant: "m", Currency: "CNY", State: live.ShowStateEnded, StartedAt: started, EndedAt: started.Add(time.Hour)}
	r, err := analytics.ReportOf(show, analytics.Figures{Show: "s", AsOf: started.AddDate(2, 0, 0)}, nil, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"json", "html", "csv"} {
		print := func() string {
			var b bytes.Buffer
			if err := Write(&b, r, format, "en"); err != nil {
				t.Fatal(err)
			}
			return b.String()
		}
		r.Aged = analytics.AgedOf(show, started)
		whole := print()
		r.Aged = analytics.AgedOf(show, started.AddDate(0, 1, 0))
		aged := print()
		if len(r.Aged.Metrics) < 10 || whole == aged {
			t.Fatalf("%s: nothing is said", format)
		}
		for _, want := range append([]string{"funnel"}, r.Aged.Metrics...) {
			if strings.Count(aged, want) <= strings.Count(whole, want) {
				t.Errorf("%s: %s is not said to be aged", format, want)
			}
		}
		for _, v := range r.Aged.Metrics {
			if _, ok := r.Metrics.Get(v); !ok {
				t.Errorf("there is no metric %s", v)
			}
		}
	}
}
