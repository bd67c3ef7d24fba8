package report

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// The page tells alerts as people speak, not as the facts have them.
func TestAlertsInWords(t *testing.T) {
	start := time.Date(2026, 11, 11, 12, 0, 0, 0, time.UTC)
	var f analytics.Figures
	for kind, data := range map[live.Kind]string{
		live.AlertRaised: `{"alert_id":"al_1","rule":"soon_gone","kind":"stock_out_ahead","subject":"shirt-m","severity":"warning","evidence":{"left":1,"minutes":10,"ordered":1007,"title":"Linen <b>shirt</b>"}}`,
	} {
		f.Alerts = analytics.AddAlert(f.Alerts, kind, []byte(data), "", start)
	}
	f.Alerts = analytics.AddAlert(f.Alerts, live.AlertCleared, []byte(`{"alert_id":"al_1","reason":"show_ended"}`), "", start.Add(time.Minute))
	for kind, evidence := range map[string]string{
		"conversion_fall": `{"now":{"numerator":1,"denominator":50},"median":{"numerator":1,"denominator":10},"shows":6,"minutes":10}`,
		"inflow_fall":     `{"now":{"numerator":12,"denominator":1},"median":{"numerator":40,"denominator":1},"shows":6,"minutes":10}`,
		"complaint_burst": `{"complaints":7,"minutes":10}`,
		"sla_breach":      `{"breaches":3,"minutes":10}`,
		"of_tomorrow":     `{"moon":"full"}`,
	} {
		f.Alerts = append(f.Alerts, analytics.Alert{ID: kind, Rule: kind, Kind: kind, Severity: "critical", Raised: start, Evidence: json.RawMessage(evidence)})
	}
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(time.Hour))
	r.Alerts = analytics.AlertTable(&f, false)
	for name, tc := range map[string]struct {
		lang         string
		want, absent []string
	}{
		"chinese": {"zh-CN", []string{"库存即将售罄 stock about to run out", "警告 warning", "下播 show ended", "Linen &lt;b&gt;shirt", "剩 1 件，10 分钟内下单 1,007 件", "2.00%", "10 分钟内 12，此前 6 场的中位数为 40", "10 分钟内投诉 7 起", "10 分钟内超时 3 次", "of_tomorrow", "moon"}, []string{"soon_gone", "stock_out_ahead", "numerator&#34;", "al_1"}},
		"english": {"en", []string{"stock about to run out", "1 left, 1,007 ordered in 10 minutes", "2.00% in 10 minutes, the median of 6 earlier shows is 10.00%", "7 complaints in 10 minutes", "3 promises broken in 10 minutes"}, []string{"soon_gone", "库存", "numerator&#34;"}},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			if err := WriteHTMLIn(&b, r, tc.lang); err != nil {
				t.Fatal(err)
			}
			page := between(b.String(), `<td>`, "") // past the style and the head
			for _, want := range tc.want {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, bad := range tc.absent {
				if strings.Contains(page, bad) {
					t.Errorf("the page says %q", bad)
				}
			}
		})
	}
}

// between is what stands after from and before to.
func between(s, from, to string) string {
	_, s, _ = strings.Cut(s, from)
	if to != "" {
		s, _, _ = strings.Cut(s, to)
	}
	return s
}

func TestChannelsByName(t *testing.T) {
	zh, en := printer{}, printer{english: true}
	for key, want := range map[string][2]string{
		"recommend_feed": {"推荐流 recommended", "recommended"},
		"private/group":  {"私域 private / 社群 group", "private / group"},
		"radio":          {"radio", "radio"},
		"ads/radio":      {"广告 ads / radio", "ads / radio"},
	} {
		if got := [2]string{zh.channel(key), en.channel(key)}; got != want {
			t.Errorf("channel %s = %q, want %q", key, got, want)
		}
	}
}

// Where nothing is compared, nothing is said to have done well.
func TestNothingComparedNothingPraised(t *testing.T) {
	m := playedShow(t)
	r := build(t, m, m.show.EndedAt.Add(time.Hour))
	r.Found = nil
	for i := range r.Held {
		r.Held[i].Shows, r.Held[i].Target = 0, nil
	}
	if page := string(print(t, r, english)); strings.Contains(page, "Nothing fell short") {
		t.Error("nothing was compared, and the page says that nothing fell short")
	}
	r.Held[0].Target = &analytics.Target{Num: 1}
	if page := string(print(t, r, english)); !strings.Contains(page, "Nothing fell short") {
		t.Error("a target was reached, and the page does not say that nothing fell short")
	}
}
