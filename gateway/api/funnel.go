package api

import (
	"context"
	"strings"
	"time"

	"showrunner/conversion"
	"showrunner/live"
)

const (
	funnelDays = 30
	minWindow  = time.Second
	maxWindow  = 90 * 24 * time.Hour
)

// MerchantFunnel is the answer of GET /v1/funnel.
type MerchantFunnel struct {
	Span
	ShowID  string               `json:"show_id,omitempty"`
	Mode    string               `json:"mode"`
	Order   string               `json:"order,omitempty" doc:"Of a windowed funnel."`
	WindowS int64                `json:"window_s,omitempty" doc:"Of a windowed funnel: how long after the first step the last may come, that long included."`
	Steps   []MerchantFunnelStep `json:"steps"`
}

// MerchantFunnelStep is one step. The first has rates over zero.
type MerchantFunnelStep struct {
	Key       string `json:"key"`
	PV        int64  `json:"pv" doc:"Facts of the step in the range, by whomever."`
	UV        int64  `json:"uv" doc:"Persons who reached the step by the steps before it."`
	PVRate    Rate   `json:"pv_rate" doc:"pv / pv of the step before."`
	UVRate    Rate   `json:"uv_rate" doc:"uv / uv of the step before."`
	UVOfFirst Rate   `json:"uv_of_first" doc:"uv / uv of the first step."`
}

func (a *API) funnels() {
	add(a, Route{
		ID: "get-merchant-funnel", Method: "GET", Path: "/v1/funnel", Tag: "Retention", Summary: "Read a funnel over any steps and all shows",
		Text: "Steps are kinds of facts. `windowed`: the steps in their order within the window of the first, which lies in the range; facts of one millisecond follow each other as in the log. " +
			"`strict_order` ends at a step whose turn has not come, `strict_increase` wants later milliseconds. `first_touch`: the first fact of every step in the range, none before the one of the step before it. " +
			"A step may stand twice in a windowed funnel that is not strict_order. Each name of a merged person is that person; bots and rehearsals do not count.",
		Actions: []live.Action{live.ActFigures}, output: sheetTypes, answer: MerchantFunnel{},
	}, a.getMerchantFunnel)
}

func (a *API) getMerchantFunnel(ctx context.Context, p live.Principal, in *struct {
	RangeQuery
	Steps  string `query:"steps" doc:"2 to 16 kinds of facts, comma-separated." default:"room_entered,product_clicked,cart_item_added,checkout_started,order_created,order_paid" maxLength:"1024"`
	Mode   string `query:"mode" enum:"windowed,first_touch" default:"windowed"`
	Window string `query:"window" default:"24h" doc:"1s to 2160h."`
	Order  string `query:"order" enum:"loose,strict_order,strict_increase" default:"loose"`
	ShowID string `query:"show_id" doc:"Facts of this show only." maxLength:"128"`
},
) (*sheetOutput, error) {
	scope, from, until, span, err := a.days(ctx, p, &in.RangeQuery, funnelDays)
	if err != nil {
		return nil, err
	}
	q := conversion.FunnelQuestion{Scope: scope, From: from, Until: until}
	out := MerchantFunnel{Span: span, ShowID: in.ShowID, Mode: in.Mode, Steps: []MerchantFunnelStep{}}
	for step := range strings.SplitSeq(in.Steps, ",") {
		q.Steps = append(q.Steps, live.Kind(step))
	}
	if in.Mode == "windowed" {
		if q.Window, err = time.ParseDuration(in.Window); err != nil || q.Window < minWindow || q.Window > maxWindow {
			return nil, live.Invalid("invalid_field", "window", "must be a duration of 1s to 2160h, such as 24h")
		}
		q.Order = conversion.FunnelOrder(in.Order)
		out.Order, out.WindowS = in.Order, int64(q.Window.Seconds())
	}
	if err := q.Check(); err != nil {
		return nil, err
	}
	if in.ShowID != "" {
		s, err := a.show(ctx, p, live.ShowID(in.ShowID))
		if err != nil {
			return nil, err
		}
		if s.Merchant != scope.Merchant {
			return nil, notFound("show", in.ShowID)
		}
		q.Show = s.ID
	}
	steps, err := a.cfg.Retention.Funnel(ctx, q)
	if err != nil {
		return nil, err
	}
	var before conversion.FunnelStep
	for i, s := range steps {
		row := MerchantFunnelStep{Key: string(s.Kind), PV: s.PV, UV: s.UV, PVRate: fraction(s.PV, before.PV), UVRate: fraction(s.UV, before.UV)}
		if i > 0 {
			row.UVOfFirst = fraction(s.UV, steps[0].UV)
		} else {
			row.UVOfFirst = fraction(s.UV, 0)
		}
		out.Steps = append(out.Steps, row)
		before = s
	}
	return sheet(in.Format, "funnel", out, func() [][]string {
		rows := [][]string{{"step", "pv", "uv", "pv_rate", "uv_rate", "uv_of_first"}}
		for _, s := range out.Steps {
			rows = append(rows, []string{s.Key, number(s.PV), number(s.UV), rateCells(s.PVRate)[2], rateCells(s.UVRate)[2], rateCells(s.UVOfFirst)[2]})
		}
		return rows
	})
}
