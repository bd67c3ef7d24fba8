package analytics

import (
	"encoding/json"
	"slices"
	"time"

	"showrunner/live"
)

// Alert is an alert of a show, as its facts tell it.
type Alert struct {
	ID, Rule, Kind, Subject, Severity string
	Raised, Cleared                   time.Time // Cleared is zero while it is open
	Reason                            string    // why it is over
	Acked                             time.Time // zero: nobody has taken it up
	AckedBy                           string
	Evidence                          json.RawMessage
}

// AlertKinds are the facts that [AddAlert] reads.
var AlertKinds = []live.Kind{live.AlertRaised, live.AlertCleared, live.AlertAcknowledged}

// AddAlert takes a fact about an alert into a list of alerts.
func AddAlert(list []Alert, kind live.Kind, data []byte, by string, at time.Time) []Alert {
	var d struct {
		ID       string          `json:"alert_id"`
		Rule     string          `json:"rule"`
		Kind     string          `json:"kind"`
		Subject  string          `json:"subject"`
		Severity string          `json:"severity"`
		Reason   string          `json:"reason"`
		Evidence json.RawMessage `json:"evidence"`
	}
	if json.Unmarshal(data, &d) != nil || d.ID == "" {
		return list
	}
	i := slices.IndexFunc(list, func(a Alert) bool { return a.ID == d.ID })
	if i < 0 {
		i = len(list)
		list = append(list, Alert{ID: d.ID, Rule: d.Rule, Kind: d.Kind, Subject: d.Subject, Severity: d.Severity})
	}
	a := &list[i]
	switch kind {
	case live.AlertRaised:
		a.Raised, a.Evidence = at, d.Evidence
	case live.AlertCleared:
		a.Cleared, a.Reason = at, d.Reason
	case live.AlertAcknowledged:
		a.Acked, a.AckedBy = at, by
	}
	return list
}

// AlertTable shows the alerts of a show in the order in which they were raised;
// with open only those that are not over.
func AlertTable(f *Figures, open bool) Table {
	t := Table{Columns: []Column{
		{Key: "alert_id", ZH: "预警编号", EN: "alert", Unit: UnitText},
		{Key: "rule", ZH: "规则", EN: "rule", Unit: UnitText},
		{Key: "kind", ZH: "类型", EN: "kind", Unit: UnitText},
		{Key: "severity", ZH: "级别", EN: "severity", Unit: UnitText},
		{Key: "subject", ZH: "对象", EN: "subject", Unit: UnitText},
		{Key: "raised_at", ZH: "触发时间", EN: "raised at", Unit: UnitTime},
		{Key: "cleared_at", ZH: "解除时间", EN: "cleared at", Unit: UnitTime},
		{Key: "reason", ZH: "解除原因", EN: "why cleared", Unit: UnitText},
		{Key: "acknowledged_at", ZH: "确认时间", EN: "acknowledged at", Unit: UnitTime},
		{Key: "acknowledged_by", ZH: "确认人", EN: "acknowledged by", Unit: UnitText},
		{Key: "evidence", ZH: "依据", EN: "evidence", Unit: UnitText},
	}}
	for i := range f.Alerts {
		a := &f.Alerts[i]
		if open && !a.Cleared.IsZero() {
			continue
		}
		t.Rows = append(t.Rows, []Cell{
			textCell(a.ID), textCell(a.Rule), textCell(a.Kind), textCell(a.Severity), textCell(a.Subject),
			textCell(Stamp(a.Raised)), textCell(Stamp(a.Cleared)), textCell(a.Reason), textCell(Stamp(a.Acked)), textCell(a.AckedBy), textCell(string(a.Evidence)),
		})
	}
	return t
}
