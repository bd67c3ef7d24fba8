package api

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"showrunner/analytics"
	"showrunner/live"
)

// LedgerAnswer is the ledger of a show.
type LedgerAnswer struct {
	ShowID      string         `json:"show_id"`
	AsOf        Time           `json:"as_of" doc:"Only what was recorded until then is in."`
	Provisional bool           `json:"provisional" doc:"The show or the last window asked for is not over: the figures still move."`
	Balances    []Balance      `json:"balances" doc:"Double entry: the accounts of a currency sum to zero. Debits are positive."`
	Windows     []LedgerWindow `json:"windows"`
}

// Balance is one account.
type Balance struct {
	Currency     string `json:"currency"`
	Account      string `json:"account" enum:"receivable,sales,paid,subsidy,subsidy_granted,refunded_goods,refunded_shipping,cancelled,owed_to_buyer,deposit,deposit_owed,settled,clearing,commission,commission_due,balance,of_paid,refunded_pre_ship,of_refunded,commission_reversed,of_commission"`
	BalanceMinor int64  `json:"balance_minor"`
}

// LedgerWindow is the orders paid within a window and what became of them.
type LedgerWindow struct {
	Window             string `json:"window" enum:"t0,t1,t3,t7,t15,t30" doc:"Days after the end of the show; t0 is until its end."`
	Until              Time   `json:"until"`
	Complete           bool   `json:"complete" doc:"The window was over by as_of. Refunds of its orders may still come."`
	State              string `json:"state" enum:"not_yet,so_far,complete" doc:"As in the report: complete, begun its last day, or not; what has not is not told, and its amounts are null."`
	Currency           string `json:"currency"`
	PaidMinor          *int64 `json:"gmv_paid_minor" nullable:"true" doc:"Paid within the window."`
	RefundByPayMinor   *int64 `json:"refund_by_pay_date_minor" nullable:"true" doc:"Given back of it, whenever."`
	RefundByEventMinor *int64 `json:"refund_by_event_date_minor" nullable:"true" doc:"Given back within the window, whenever it was paid."`
	CancelledMinor     *int64 `json:"cancelled_paid_minor" nullable:"true" doc:"Of orders paid within the window and cancelled, whenever."`
	NetMinor           *int64 `json:"gmv_net_minor" nullable:"true" doc:"Paid less refund by pay date less cancelled."`
	SettledMinor       *int64 `json:"gmv_settled_minor" nullable:"true"`
	CommissionMinor    *int64 `json:"commission_minor" nullable:"true" doc:"Accrued less reversed."`
}

type ledgerOutput struct{ Body LedgerAnswer }

func (a *API) ledger() {
	add(a, Route{
		ID: "get-ledger", Method: "GET", Path: "/v1/shows/{show_id}/ledger", Tag: "Figures", Summary: "Read the ledger of a show as of any instant",
		Text:    "The ledger is append-only, so the same `as_of` in the past gives the same answer. Refunds are told on both axes: by the date of payment and by their own.",
		Actions: []live.Action{live.ActReconcile},
	}, a.getLedger)
}

func (a *API) getLedger(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	AsOf   string `query:"as_of" doc:"RFC 3339; now when left out."`
	Window string `query:"window" enum:"t0,t1,t3,t7,t15,t30" doc:"This window only; all when left out."`
},
) (*ledgerOutput, error) {
	if !p.May(live.ActMoney) {
		return nil, roleForbidden(p)
	}
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	now := a.cfg.Now()
	asOf, err := a.asOf(in.AsOf)
	if err != nil {
		return nil, err
	}
	if asOf.IsZero() {
		asOf = now
	}
	days := live.LedgerDays
	if in.Window != "" {
		n, err := strconv.Atoi(strings.TrimPrefix(in.Window, "t"))
		if err != nil || !slices.Contains(days, n) || in.Window[0] != 't' {
			return nil, live.Invalid("invalid_field", "window", "must be t0, t1, t3, t7, t15 or t30")
		}
		days = []int{n}
	}
	out := LedgerAnswer{ShowID: string(s.ID), AsOf: Time{asOf}, Balances: []Balance{}, Windows: []LedgerWindow{}}
	balances, err := a.cfg.Store.Balances(ctx, s.Merchant, s.ID, asOf)
	if err != nil {
		return nil, err
	}
	for _, b := range balances {
		out.Balances = append(out.Balances, Balance{string(b.Currency), string(b.Account), b.Minor})
	}
	for _, n := range days {
		if err := a.addWindows(ctx, &out, s, n, asOf); err != nil {
			return nil, err
		}
	}
	return &ledgerOutput{out}, nil
}

// addWindows adds the rows of one window, one a currency. A show that has not
// ended by as_of ends there, for now. A window that has not begun its last day has
// the currencies that were paid in and no amounts, as in the report.
func (a *API) addWindows(ctx context.Context, out *LedgerAnswer, s live.Show, days int, asOf time.Time) error {
	end := s.EndedAt
	ended := !end.IsZero() && !end.After(asOf)
	if !ended {
		end = asOf
	}
	until := end.Add(time.Duration(days) * 24 * time.Hour)
	begun, complete := analytics.LateReach(end, days, asOf)
	complete = complete && ended
	out.Provisional = !complete
	rows, err := a.cfg.Store.LedgerWindow(ctx, s.Merchant, s.ID, until, asOf)
	if err != nil {
		return err
	}
	told := func(minor int64) *int64 {
		if !begun {
			return nil
		}
		return &minor
	}
	for i := range rows {
		w := &rows[i]
		out.Windows = append(out.Windows, LedgerWindow{
			Window: "t" + strconv.Itoa(days), Until: Time{until}, Complete: complete, State: analytics.LateState(begun, complete), Currency: string(w.Currency),
			PaidMinor: told(w.Paid), RefundByPayMinor: told(w.RefundGoods + w.RefundShip), RefundByEventMinor: told(w.RefundByEventDate),
			CancelledMinor: told(w.Cancelled), NetMinor: told(w.Net()), SettledMinor: told(w.Settled), CommissionMinor: told(w.Commission),
		})
	}
	return nil
}
