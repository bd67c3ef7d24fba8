package report

import (
	"encoding/json"

	"showrunner/analytics"
)

// alertNames are the kinds of alerts, how bad they are and why they are over, as
// people call them.
var alertNames = map[string]phrase{
	"inflow_fall":     {"进房人数低于往常", "fewer people came than usual"},
	"conversion_fall": {"转化低于往常", "fewer people bought than usual"},
	"stock_out_ahead": {"库存即将售罄", "stock about to run out"},
	"complaint_burst": {"投诉激增", "many complaints"},
	"sla_breach":      {"客服超时", "service kept people waiting"},
	"warning":         {"警告", "warning"},
	"critical":        {"严重", "critical"},
	"recovered":       {"已恢复", "recovered"},
	"show_ended":      {"下播", "show ended"},
	"rule_removed":    {"规则已移除", "its rule was removed"},
}

// alertFound is what alerts say of the figures they were raised for.
type alertFound struct {
	Title       string     `json:"title"`
	Left        *int64     `json:"left"`
	Ordered     int64      `json:"ordered"`
	Now, Median *alertRate `json:",omitempty"`
	Shows       int64      `json:"shows"`
	Complaints  *int64     `json:"complaints"`
	Breaches    *int64     `json:"breaches"`
	Minutes     int64      `json:"minutes"`
}

type alertRate struct {
	Num int64 `json:"numerator"`
	Den int64 `json:"denominator"`
}

// alerts prints the alerts in words. What is told by a rule of a later version,
// which has no words here, stays as the fact has it.
func (p *printer) alerts(t *analytics.Table) table {
	words := worded(*t, p.named(alertNames), "kind", "severity", "reason")
	kind, subject, evidence := t.Column("kind"), t.Column("subject"), t.Column("evidence")
	for i, row := range words.Rows {
		var found alertFound
		if json.Unmarshal([]byte(row[evidence].Text), &found) != nil {
			continue
		}
		if found.Title != "" {
			row[subject].Text = found.Title
		}
		if said := p.found(t.Rows[i][kind].Text, &found); said != "" {
			row[evidence].Text = said
		}
	}
	return p.table(&words, "alert_id", "rule")
}

// found says in words what an alert was raised for; empty where there are none.
func (p *printer) found(kind string, f *alertFound) string {
	minutes := count(f.Minutes)
	switch {
	case f.Left != nil:
		return p.say(phrase{
			"剩 " + count(*f.Left) + " 件，" + minutes + " 分钟内下单 " + count(f.Ordered) + " 件",
			count(*f.Left) + " left, " + count(f.Ordered) + " ordered in " + minutes + " minutes",
		})
	case f.Now != nil && f.Median != nil:
		now, median, shows := count(f.Now.Num), count(f.Median.Num), count(f.Shows) // entries, each by one
		if kind == "conversion_fall" {
			now, median = p.rate(analytics.UnitRatio, f.Now.Num, f.Now.Den), p.rate(analytics.UnitRatio, f.Median.Num, f.Median.Den)
		}
		return p.say(phrase{
			minutes + " 分钟内 " + now + "，此前 " + shows + " 场的中位数为 " + median,
			now + " in " + minutes + " minutes, the median of " + shows + " earlier shows is " + median,
		})
	case f.Complaints != nil:
		return p.say(phrase{minutes + " 分钟内投诉 " + count(*f.Complaints) + " 起", count(*f.Complaints) + " complaints in " + minutes + " minutes"})
	case f.Breaches != nil:
		return p.say(phrase{minutes + " 分钟内超时 " + count(*f.Breaches) + " 次", count(*f.Breaches) + " promises broken in " + minutes + " minutes"})
	}
	return ""
}
