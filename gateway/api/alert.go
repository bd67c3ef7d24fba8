package api

import (
	"context"
	"encoding/json"

	"showrunner/analytics/alert"
	"showrunner/live"
)

// Alert is one alert of a show on the wire.
type Alert struct {
	AlertID   string         `json:"alert_id"`
	ShowID    string         `json:"show_id"`
	RoomID    string         `json:"room_id"`
	Rule      string         `json:"rule"`
	Kind      string         `json:"kind" enum:"inflow_fall,conversion_fall,stock_out_ahead,complaint_burst,sla_breach"`
	Severity  string         `json:"severity" enum:"warning,critical"`
	Subject   string         `json:"subject,omitempty" doc:"The SKU of a stock_out_ahead."`
	Rules     int64          `json:"rule_version" doc:"0: the rules of who has set none."`
	Evidence  map[string]any `json:"evidence" doc:"The figures it was raised for, by kind: docs/alerts.md."`
	RaisedAt  Time           `json:"raised_at"`
	ClearedAt *Time          `json:"cleared_at,omitempty" doc:"Left out while it is open."`
	Reason    string         `json:"reason,omitempty" enum:"recovered,show_ended,rule_removed" doc:"Why it is over."`
	AckedAt   *Time          `json:"acknowledged_at,omitempty"`
	AckedBy   string         `json:"acknowledged_by,omitempty"`
}

// KeptAlertRules are the rules of alerts on the wire.
type KeptAlertRules struct {
	Rules   []alert.Rule `json:"rules" doc:"As PUT takes them."`
	Version int64        `json:"rule_version" doc:"0: the rules of who has set none."`
	SetAt   *Time        `json:"set_at,omitempty"`
	SetBy   string       `json:"set_by,omitempty"`
}

type (
	alertOutput  struct{ Body Alert }
	alertsOutput struct {
		Body struct {
			Items []Alert `json:"items" doc:"The newest first, at most 500."`
		}
	}
	alertRulesOutput struct{ Body KeptAlertRules }
)

func (a *API) alerts() {
	const tag = "Alerts"
	add(a, Route{
		ID: "list-alerts", Method: "GET", Path: "/v1/shows/{show_id}/alerts", Tag: tag, Summary: "Read the alerts of a show",
		Text: "Raised while it was on air, with the figures they were raised for. Panels get each as `alert_raised`, `alert_cleared` and `alert_acknowledged`, and the open ones in every snapshot.", Actions: []live.Action{live.ActFigures},
	}, a.listAlerts)
	add(a, Route{
		ID: "acknowledge-alert", Method: "POST", Path: "/v1/shows/{show_id}/alerts/{alert_id}/acknowledge", Tag: tag, Summary: "Take an alert up",
		Text: "Who was first stays; again changes nothing. Audited.", Actions: []live.Action{live.ActAlertAck},
	}, a.ackAlert)
	add(a, Route{
		ID: "get-alert-rules", Method: "GET", Path: "/v1/alert-rules", Tag: tag, Summary: "Read the rules of alerts", Actions: []live.Action{live.ActFigures},
	}, a.getAlertRules)
	add(a, Route{
		ID: "put-alert-rules", Method: "PUT", Path: "/v1/alert-rules", Tag: tag, Summary: "Set the rules of alerts",
		Text:    "The body is the whole document; a rule that is left out is off, and its open alerts are cleared. What is wrong is 400 `invalid_rules` with its field. The next look, within ten seconds, goes by it. Audited.",
		Actions: []live.Action{live.ActAlertRules}, body: alert.Rules{}, example: alert.DefaultRules(),
	}, a.putAlertRules)
}

func (a *API) listAlerts(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Open bool `query:"open" doc:"Only those that are not over."`
},
) (*alertsOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Alerts.OfShow(ctx, s.ID, in.Open)
	if err != nil {
		return nil, err
	}
	out := &alertsOutput{}
	out.Body.Items = make([]Alert, len(list))
	for i := range list {
		if out.Body.Items[i], err = alertOf(&list[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (a *API) ackAlert(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	AlertID string `path:"alert_id" maxLength:"128"`
},
) (*alertOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	found, err := a.cfg.Alerts.Acknowledge(ctx, s.Merchant, s.ID, in.AlertID, p.Actor())
	if err != nil {
		return nil, err
	}
	body, err := alertOf(&found)
	return &alertOutput{body}, err
}

func (a *API) getAlertRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*alertRulesOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Alerts.Rules(ctx, m)
	if err != nil {
		return nil, err
	}
	return alertRulesOf(&k), nil
}

func (a *API) putAlertRules(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*alertRulesOutput, error) {
	r, err := alert.ParseRules(in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Alerts.SetRules(ctx, m, *r, p.Actor())
	if err != nil {
		return nil, err
	}
	return alertRulesOf(&k), nil
}

func alertRulesOf(k *alert.KeptRules) *alertRulesOutput {
	rules := k.Rules.Rules
	if rules == nil {
		rules = []alert.Rule{}
	}
	return &alertRulesOutput{KeptAlertRules{Rules: rules, Version: k.Version, SetAt: timeOf(k.SetAt), SetBy: k.By.ID}}
}

func alertOf(x *alert.Alert) (Alert, error) {
	out := Alert{
		AlertID: x.ID, ShowID: string(x.Show), RoomID: string(x.Room), Rule: x.Rule, Kind: string(x.Kind), Severity: x.Severity, Subject: x.Subject, Rules: x.Rules,
		RaisedAt: Time{x.RaisedAt}, ClearedAt: timeOf(x.ClearedAt), Reason: x.Reason, AckedAt: timeOf(x.AckedAt), AckedBy: x.AckedBy.ID,
	}
	return out, json.Unmarshal(x.Evidence, &out.Evidence)
}
