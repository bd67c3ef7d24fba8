package api

import (
	"context"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/analytics"
	"showrunner/live"
)

// Snapshot is the live figures of a show on the wire; it writes itself as the
// websocket's snapshot frame does.
type Snapshot struct{ analytics.Snapshot }

// Schema describes a snapshot in the OpenAPI document.
func (Snapshot) Schema(huma.Registry) *huma.Schema {
	metrics := &huma.Schema{
		Type: huma.TypeObject, AdditionalProperties: true,
		Description: "One member for each metric of GET /v1/metrics: an integer, or {numerator, denominator, value} for a rate.",
	}
	return object(map[string]*huma.Schema{
		"type": {Type: huma.TypeString}, "show_id": {Type: huma.TypeString}, "room_id": {Type: huma.TypeString}, "state": {Type: huma.TypeString},
		"at": {Type: huma.TypeString, Format: "date-time"}, "currency": {Type: huma.TypeString, Description: "Of the money in metrics."},
		"metrics": metrics,
		"raw":     {Type: huma.TypeObject, AdditionalProperties: true, Description: "The figures about viewers with those in them who are flagged as bots; metrics is without."},
		"recent": {
			Type: huma.TypeObject, AdditionalProperties: true,
			Description: "The last ten whole minutes beside the ten before, a member for each figure: now and before (numerator, denominator, value), change (in parts of before; null where that was nothing), sample, and enough: false when the change may be chance.",
		},
		"standing": {
			Type: huma.TypeObject, AdditionalProperties: true,
			Description: "The place among the room's own last 30 shows at the same whole minute, a member for each figure: value, percentile (numerator, denominator, value), shows, and enough: five shows or more. Left out while it is not known, and once the show is long over.",
		},
		"audience":    {Type: huma.TypeObject, AdditionalProperties: true, Description: "as_of and items: who is there by who they were before the show, as GET /v1/shows/{show_id}/audience, a minute old at most; left out while it is not known."},
		"alerts":      {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "The alerts that are not over; evidence is JSON in text. All of them at GET /v1/shows/{show_id}/alerts."},
		"products":    {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "The 20 products that sold most: times explained, sales while explained, click and order rates, GPM; all of them at GET /v1/shows/{show_id}/products."},
		"hosts":       {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "What each host sold, shift by shift, as GET /v1/shows/{show_id}/hosts."},
		"ladder":      {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "Moves on the ladder whose cause happened in the show: from, to, their names, moves_caused_up, moves_caused_down."},
		"commission":  {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "What the orders of the show earn referrers, by currency, the most owed first, at most 50 rows; the one without a referrer_id is of buyers who belonged to nobody; left out for roles without money."},
		"by_currency": {Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, Description: "Figures of orders in each currency; left out for roles without money."},
		"provisional": {Type: huma.TypeBoolean, Description: "More facts may come."}, "lag_ms": {Type: huma.TypeInteger, Description: "How far the figures may be behind."},
		"credited": {
			Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true},
			Description: "The money of the orders attributed so far by the stage that earned it, in each currency: orders, value_minor and what sums to it, lead_minor, nurture_minor, convert_minor, retain_minor and unattributed_minor; left out for roles without money.",
		},
		"events_dropped": {Type: huma.TypeObject, AdditionalProperties: &huma.Schema{Type: huma.TypeInteger}, Description: "How much of what viewers sent was not taken, by reason; left out once the show is long over."},
	})
}

// Table is rows of named cells on the wire.
type Table struct{ analytics.Table }

// Schema describes a table in the OpenAPI document.
func (Table) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}}
}

func object(members map[string]*huma.Schema) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Properties: members}
}

// Figures of a show on the wire.
type (
	// Timeline is the show by the minute with the commands laid over it.
	Timeline struct {
		ShowID   string `json:"show_id"`
		Currency string `json:"currency" doc:"Of the money in points."`
		Step     string `json:"step" enum:"minute"`
		AsOf     Time   `json:"as_of" doc:"Facts received until then are in."`
		Points   Table  `json:"points" doc:"One row a minute: t and the metrics."`
		Commands Table  `json:"commands" doc:"What the host did, on the same axis: t, type, product_id, text, and who did it: actor_id, actor_role."`
	}
	// FunnelAnswer is the funnel of a show.
	FunnelAnswer struct {
		ShowID string `json:"show_id"`
		AsOf   Time   `json:"as_of"`
		Steps  Table  `json:"steps" doc:"key, pv, uv, and the rates over the step before."`
	}
	// TableAnswer is a table of a show.
	TableAnswer struct {
		ShowID   string `json:"show_id"`
		Currency string `json:"currency" doc:"Of the money in items."`
		AsOf     Time   `json:"as_of"`
		Items    Table  `json:"items"`
	}
)

type (
	snapshotOutput struct{ Body Snapshot }
	timelineOutput struct{ Body Timeline }
	funnelOutput   struct{ Body FunnelAnswer }
	tableOutput    struct{ Body TableAnswer }
)

func (a *API) figures() {
	read := []live.Action{live.ActFigures}
	money := "Roles without the right to money get the same without amounts."
	add(a, Route{ID: "get-snapshot", Method: "GET", Path: "/v1/shows/{show_id}/snapshot", Tag: "Figures", Summary: "Read the live figures now", Text: money, Actions: read}, a.getSnapshot)
	add(a, Route{
		ID: "get-timeline", Method: "GET", Path: "/v1/shows/{show_id}/timeline", Tag: "Figures", Summary: "Read the show by the minute",
		Text: money + "\n\nMetrics: `" + strings.Join(analytics.TimelineKeys(), "`, `") + "`.", Actions: read,
	}, a.getTimeline)
	add(a, Route{ID: "get-funnel", Method: "GET", Path: "/v1/shows/{show_id}/funnel", Tag: "Figures", Summary: "Read the funnel from view to payment", Actions: read}, a.getFunnel)
	add(a, Route{ID: "get-products", Method: "GET", Path: "/v1/shows/{show_id}/products", Tag: "Figures", Summary: "Read the figures of each product", Text: money, Actions: read},
		a.table(analytics.PartProducts, func(s live.Show, f *analytics.Figures) analytics.Table { return analytics.ProductTable(f, s.Currency) }))
	add(a, Route{
		ID: "get-audience", Method: "GET", Path: "/v1/shows/{show_id}/audience", Tag: "Figures", Summary: "Read who is there by who they were before",
		Text: "Viewers, buyers and GMV split by whether they followed the merchant (fan), had an order before that was paid and holds (buyer), and the rung of the ladder they stood on (rung), each before the show began: " +
			"nobody changes sides while it runs. In each dimension the rows sum to the figures of the show, buyers to those of every currency. A person of several names is the one they came with. " + money, Actions: read,
	}, a.getAudience)
	add(a, Route{ID: "get-sources", Method: "GET", Path: "/v1/shows/{show_id}/sources", Tag: "Figures", Summary: "Read the figures of each channel of arrival", Text: money, Actions: read},
		a.table(analytics.PartSources, func(s live.Show, f *analytics.Figures) analytics.Table { return analytics.SourceTable(f, s.Currency) }))
	add(a, Route{
		ID: "get-hosts", Method: "GET", Path: "/v1/shows/{show_id}/hosts", Tag: "Figures", Summary: "Read what each host sold, shift by shift",
		Text: "The rows add up to gmv_paid_minor exactly; the one without a shift_id is what was paid outside any shift. A payment belongs to the shift in which the server learned of it. " + money, Actions: read,
	}, a.table(analytics.PartHosts, func(s live.Show, f *analytics.Figures) analytics.Table { return analytics.HostTable(f, s.Currency) }))
}

func (a *API) getSnapshot(ctx context.Context, p live.Principal, in *ShowPath) (*snapshotOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	snap, err := a.cfg.Figures.Snapshot(ctx, s)
	if err != nil {
		return nil, err
	}
	if !p.May(live.ActMoney) {
		snap = snap.WithoutMoney()
	}
	return &snapshotOutput{Snapshot{snap}}, nil
}

func (a *API) getTimeline(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Step    string `query:"step" enum:"minute" default:"minute"`
	Metrics string `query:"metrics" doc:"Comma-separated; all when left out."`
},
) (*timelineOutput, error) {
	s, f, err := a.showFigures(ctx, p, in.ShowID, analytics.PartMinutes)
	if err != nil {
		return nil, err
	}
	var keys []string
	if in.Metrics != "" {
		keys = strings.Split(in.Metrics, ",")
	}
	points, err := analytics.Timeline(s, f, keys)
	if err != nil {
		return nil, err
	}
	return &timelineOutput{Timeline{
		ShowID: string(s.ID), Currency: string(s.Currency), Step: analytics.StepMinute, AsOf: Time{f.AsOf},
		Points: visible(p, points), Commands: visible(p, analytics.CommandsTable(f)),
	}}, nil
}

func (a *API) getFunnel(ctx context.Context, p live.Principal, in *ShowPath) (*funnelOutput, error) {
	s, f, err := a.showFigures(ctx, p, in.ShowID, analytics.PartFunnel)
	if err != nil {
		return nil, err
	}
	return &funnelOutput{FunnelAnswer{ShowID: string(s.ID), AsOf: Time{f.AsOf}, Steps: visible(p, analytics.FunnelTable(f))}}, nil
}

func (a *API) table(need analytics.Part, of func(live.Show, *analytics.Figures) analytics.Table) func(context.Context, live.Principal, *ShowPath) (*tableOutput, error) {
	return func(ctx context.Context, p live.Principal, in *ShowPath) (*tableOutput, error) {
		s, f, err := a.showFigures(ctx, p, in.ShowID, need)
		if err != nil {
			return nil, err
		}
		return &tableOutput{TableAnswer{ShowID: string(s.ID), Currency: string(s.Currency), AsOf: Time{f.AsOf}, Items: visible(p, of(s, f))}}, nil
	}
}

func (a *API) getAudience(ctx context.Context, p live.Principal, in *ShowPath) (*tableOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	got, err := a.cfg.Figures.Audience(ctx, s)
	if err != nil {
		return nil, err
	}
	return &tableOutput{TableAnswer{ShowID: string(s.ID), Currency: string(s.Currency), AsOf: Time{got.AsOf}, Items: visible(p, analytics.AudienceTable(&got))}}, nil
}

func (a *API) showFigures(ctx context.Context, p live.Principal, id string, need analytics.Part) (live.Show, *analytics.Figures, error) {
	s, err := a.show(ctx, p, live.ShowID(id))
	if err != nil {
		return s, nil, err
	}
	f, err := a.cfg.Figures.Figures(ctx, s, need)
	return s, &f, err
}

// visible is the part of a table the caller may see.
func visible(p live.Principal, t analytics.Table) Table {
	if p.May(live.ActMoney) {
		return Table{t}
	}
	return Table{t.WithoutMoney()}
}
