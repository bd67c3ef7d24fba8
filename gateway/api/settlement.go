package api

import (
	"bytes"
	"context"
	"strings"

	"showrunner/analytics"
	"showrunner/live"
)

// MaxSettlementBody bounds a settlement file: a million orders and more.
const MaxSettlementBody = 50 << 20

// maxLines bounds what is sent where no body is asked for.
const maxLines = 64 << 10

// Settlement is a kept settlement file and how it compares with the ledger now.
type Settlement struct {
	UploadID    string                 `json:"upload_id"`
	ShowID      string                 `json:"show_id"`
	UploadedBy  string                 `json:"uploaded_by"`
	UploadedAt  Time                   `json:"uploaded_at"`
	Rows        int64                  `json:"rows"`
	Agree       bool                   `json:"agree" doc:"No order differs."`
	Counts      SettlementCounts       `json:"counts" doc:"Of all differences, listed or not."`
	Sums        []SettlementSum        `json:"sums"`
	Differences []SettlementDifference `json:"differences" doc:"By order id, at most limit of them."`
}

// SettlementCounts counts the differences of each kind.
type SettlementCounts struct {
	MissingHere     int64 `json:"missing_here" doc:"Settled by the platform, not an order of the show."`
	MissingThere    int64 `json:"missing_there" doc:"Paid on the show, not in the file."`
	AmountDiffers   int64 `json:"amount_differs"`
	CurrencyDiffers int64 `json:"currency_differs"`
}

// SettlementSum is one figure in one currency on both sides.
type SettlementSum struct {
	Currency   string `json:"currency"`
	Figure     string `json:"figure" enum:"paid_minor,refunded_minor,settled_minor,fee_minor"`
	Settlement int64  `json:"settlement"`
	Ledger     int64  `json:"ledger"`
}

// SettlementDifference is one order on which the sides differ.
type SettlementDifference struct {
	OrderID            string `json:"order_id"`
	Kind               string `json:"kind" enum:"missing_here,missing_there,amount_differs,currency_differs"`
	Line               int64  `json:"line,omitempty" doc:"Of the file."`
	Figure             string `json:"figure,omitempty" doc:"Which amount differs."`
	SettlementMinor    int64  `json:"settlement_minor"`
	LedgerMinor        int64  `json:"ledger_minor"`
	SettlementCurrency string `json:"settlement_currency,omitempty"`
	LedgerCurrency     string `json:"ledger_currency,omitempty"`
}

type settlementOutput struct{ Body Settlement }

func (a *API) settlements() {
	add(a, Route{
		ID: "put-settlement", Method: "PUT", Path: "/v1/shows/{show_id}/settlement", Tag: "Figures", Summary: "Give the platform's settlement file of a show",
		Text: "CSV with a header, up to 50 MiB: `order_id`, `currency`, `paid_minor` or `paid` as a decimal; and if the platform tells them `refunded`, `settled` and `fee`, " +
			"likewise in minor units or as decimals. One row for each order; other columns are left alone. A file with a bad row is refused with the lines and reasons, and nothing of it is kept. " +
			"Each file is kept under its upload id; the latest is the one compared. Answers with the comparison.",
		Actions: []live.Action{live.ActSettlement}, body: "", csv: true,
		example: "order_id,currency,paid,refunded\no-1,CNY,199.00,0\n",
	}, a.putSettlement)
	add(a, Route{
		ID: "get-settlement", Method: "GET", Path: "/v1/shows/{show_id}/settlement", Tag: "Figures", Summary: "Compare the platform's settlement with the order ledger",
		Text:    "Side by side as of now. `settled` is compared where the platform's facts have told a settled amount too; a fee has no other side and is only summed.",
		Actions: []live.Action{live.ActReconcile},
	}, a.getSettlement)
}

func (a *API) putSettlement(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Limit int `query:"limit" doc:"How many differences to list." minimum:"1" maximum:"1000" default:"100"`
	rawBody
},
) (*settlementOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	kept, err := a.cfg.Store.PutSettlement(ctx, live.Settlement{ID: newID(), Merchant: s.Merchant, Show: s.ID, By: p.Subject},
		analytics.ReadSettlement(bytes.NewReader(in.RawBody)))
	if err != nil {
		return nil, err
	}
	if err := a.audit(ctx, p, s.Merchant, s.ID, string(live.ActSettlement), map[string]any{"upload_id": kept.ID, "rows": kept.Rows}); err != nil {
		return nil, err
	}
	return a.compareSettlement(ctx, kept, in.Limit)
}

func (a *API) getSettlement(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	UploadID string `query:"upload_id" doc:"An earlier file; the latest when left out." maxLength:"128"`
	Limit    int    `query:"limit" doc:"How many differences to list." minimum:"1" maximum:"1000" default:"100"`
},
) (*settlementOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	kept, err := a.cfg.Store.Settlement(ctx, s.Merchant, s.ID, in.UploadID)
	if err != nil {
		return nil, err
	}
	return a.compareSettlement(ctx, kept, in.Limit)
}

func (a *API) compareSettlement(ctx context.Context, kept live.Settlement, limit int) (*settlementOutput, error) {
	c, err := analytics.CompareSettlement(a.cfg.Store.SettlementRows(ctx, kept.Merchant, kept.ID), a.cfg.Store.OrderTotals(ctx, kept.Merchant, kept.Show), limit)
	if err != nil {
		return nil, err
	}
	out := Settlement{
		UploadID: kept.ID, ShowID: string(kept.Show), UploadedBy: kept.By, UploadedAt: Time{kept.UploadedAt}, Rows: kept.Rows, Agree: c.Agree,
		Counts: SettlementCounts{
			MissingHere: c.Counts[analytics.MissingHere], MissingThere: c.Counts[analytics.MissingThere],
			AmountDiffers: c.Counts[analytics.AmountDiffers], CurrencyDiffers: c.Counts[analytics.CurrencyDiffers],
		},
		Sums: make([]SettlementSum, len(c.Sums)), Differences: make([]SettlementDifference, len(c.Differences)),
	}
	for i, x := range c.Sums {
		out.Sums[i] = SettlementSum{string(x.Currency), x.Figure, x.Settlement, x.Ledger}
	}
	for i, d := range c.Differences {
		out.Differences[i] = SettlementDifference{
			OrderID: string(d.Order), Kind: string(d.Kind), Line: d.Line, Figure: d.Figure, SettlementMinor: d.Settlement, LedgerMinor: d.Ledger,
			SettlementCurrency: string(d.SettlementCurrency), LedgerCurrency: string(d.LedgerCurrency),
		}
	}
	return &settlementOutput{out}, nil
}

// BodyLimit is how large a body a request may send, as its head tells: only a
// settlement file, sent with a token, may be larger than a batch, and nothing
// outside of the API takes more than a few lines.
func BodyLimit(method, path string, token bool) int {
	if !strings.HasPrefix(path, "/v1/") {
		return maxLines
	}
	if method == "PUT" && token && strings.HasPrefix(path, "/v1/shows/") && strings.HasSuffix(path, "/settlement") {
		return MaxSettlementBody
	}
	return MaxBatchBody
}
