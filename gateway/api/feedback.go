package api

import (
	"context"
	"time"

	"showrunner/conversion/care/complaint"
	"showrunner/live"
)

// Finding is what complaints teach somebody who can change something.
type Finding struct {
	ID         string        `json:"finding_id"`
	Title      string        `json:"title"`
	Cause      string        `json:"cause"`
	ProductID  string        `json:"product_id,omitempty"`
	Product    string        `json:"product_title,omitempty" doc:"What it is called on the shelf that had it last."`
	ShowID     string        `json:"show_id,omitempty" doc:"Where it was found."`
	Terms      []string      `json:"terms"`
	Action     string        `json:"action,omitempty" doc:"What is to be said or done; it stands in briefs."`
	State      string        `json:"state" enum:"open,routed,adopted,rejected"`
	Stage      string        `json:"stage,omitempty" enum:"product,pre_sale,promotion,policy,service"`
	Department string        `json:"department,omitempty"`
	OwnerID    string        `json:"owner_id,omitempty"`
	DueAt      *Time         `json:"due_at,omitempty"`
	Overdue    bool          `json:"overdue" doc:"Nobody has decided, and it was due."`
	CreatedAt  Time          `json:"created_at"`
	DecidedAt  *Time         `json:"decided_at,omitempty"`
	Evidence   []string      `json:"complaint_ids,omitempty" doc:"Of one finding."`
	Verified   *Verification `json:"verified,omitempty" doc:"Whether it worked, as measured last."`
	Steps      []CareStep    `json:"steps,omitempty" doc:"Of one finding: who did what when, the first first."`
}

// Verification is the rate of a cause before and after a finding was adopted.
type Verification struct {
	Before       Rate    `json:"before" doc:"Orders paid in the window before, of which the cause was complained of within the horizon after payment."`
	After        Rate    `json:"after" doc:"The same of the window after; orders that have not had the horizon are on neither side."`
	Low          float64 `json:"difference_low" doc:"95 % interval of after - before, Newcombe's method 10."`
	High         float64 `json:"difference_high"`
	Drop         Rate    `json:"cause_drop" doc:"(after - before) / before of the rates, over common denominators; null when nobody complained before."`
	Outcome      string  `json:"outcome" enum:"fell,rose,no_change_shown,sample_too_small" doc:"Too small: under 30 orders on a side, or under 5 complaints on both."`
	Waiting      int64   `json:"orders_waiting" doc:"Paid after it and not old enough to say."`
	WindowHours  int64   `json:"window_hours"`
	HorizonHours int64   `json:"horizon_hours"`
	At           Time    `json:"at"`
}

// NewFeedback is the body of POST /v1/service/feedback.
type NewFeedback struct {
	Title      string   `json:"title" minLength:"1" maxLength:"200"`
	Cause      string   `json:"cause" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other"`
	ProductID  string   `json:"product_id,omitempty"`
	ShowID     string   `json:"show_id,omitempty"`
	Terms      []string `json:"terms,omitempty" maxItems:"20"`
	Action     string   `json:"action,omitempty" maxLength:"500"`
	Evidence   []string `json:"complaint_ids,omitempty" maxItems:"200" doc:"The newest of the cause, product and show when left out."`
	MerchantID string   `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// FeedbackRoute is the body of POST /v1/service/feedback/{finding_id}/route.
type FeedbackRoute struct {
	Stage      string `json:"stage" enum:"product,pre_sale,promotion,policy,service"`
	Department string `json:"department,omitempty" maxLength:"64" doc:"Named like the stage when left out."`
	OwnerID    string `json:"owner_id"`
	DueAt      Time   `json:"due_at"`
	Action     string `json:"action,omitempty" maxLength:"500"`
}

// FeedbackAdoption is the body of POST /v1/service/feedback/{finding_id}/adopt.
type FeedbackAdoption struct {
	Action string `json:"action" minLength:"1" maxLength:"500" doc:"What is done from now on, in words that a host can say."`
}

// FeedbackRejection is the body of POST /v1/service/feedback/{finding_id}/reject.
type FeedbackRejection struct {
	Reason string `json:"reason" minLength:"1" maxLength:"500"`
}

// FeedbackCheck is the body of POST /v1/service/feedback/{finding_id}/verify.
type FeedbackCheck struct {
	WindowHours  int64 `json:"window_hours,omitempty" minimum:"1" maximum:"4320" doc:"Before and after; 720 when left out."`
	HorizonHours int64 `json:"horizon_hours,omitempty" minimum:"1" maximum:"4320" doc:"In which an order is complained of after its payment; 168 when left out."`
}

// DepartmentAdoption is what became of the findings of a department.
type DepartmentAdoption struct {
	Department string `json:"department"`
	Adoption   Rate   `json:"feedback_adoption" doc:"Adopted, of those routed."`
	Rejected   int64  `json:"rejected"`
	Waiting    int64  `json:"waiting"`
	Overdue    int64  `json:"overdue" doc:"Of those waiting."`
	Late       int64  `json:"decided_late"`
}

type findingOutput struct{ Body Finding }

// FindingPath is the path of one finding.
type FindingPath struct {
	FindingID  string `path:"finding_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

// findingTurn is what a step of a finding takes.
type findingTurn struct {
	FindingPath
	rawBody
}

func (a *API) feedbacks() {
	read, write := []live.Action{live.ActFeedbackRead}, []live.Action{live.ActFeedbackWrite}
	const tag = "Complaints"
	const at = "/v1/service/feedback/{finding_id}"
	add(a, Route{
		ID: "create-finding", Method: "POST", Path: "/v1/service/feedback", Tag: tag, Summary: "Write a finding down",
		Text: "It needs complaints that say so: without any it is 409 `no_evidence`.", Actions: write, status: 201, errors: []int{404}, body: NewFeedback{},
		example: map[string]any{"title": "不要说「纯棉」", "cause": "promotion_mismatch", "product_id": "shirt", "terms": []string{"纯棉"}},
	}, a.createFinding)
	add(a, Route{ID: "list-findings", Method: "GET", Path: "/v1/service/feedback", Tag: tag, Summary: "List findings, latest first", Actions: read}, a.listFindings)
	add(a, Route{ID: "get-adoption", Method: "GET", Path: "/v1/service/feedback-adoption", Tag: tag, Summary: "Read how departments take findings up", Actions: read}, a.getAdoption)
	add(a, Route{ID: "get-finding", Method: "GET", Path: at, Tag: tag, Summary: "Read a finding with its evidence and steps", Actions: read}, a.getFinding)
	add(a, Route{
		ID: "route-finding", Method: "POST", Path: at + "/route", Tag: tag, Summary: "Give a finding to an owner", Actions: write, body: FeedbackRoute{},
		example: map[string]any{"stage": "promotion", "owner_id": "u-lin", "due_at": "2026-02-01T00:00:00Z"},
	}, findingStep(a, func(ctx context.Context, p live.Principal, m live.MerchantID, id string, b FeedbackRoute) (complaint.Finding, error) {
		return a.cfg.Complaints.Route(ctx, m, id, complaint.Route{Stage: complaint.Stage(b.Stage), Department: b.Department, Owner: b.OwnerID, Due: b.DueAt.Time, Action: b.Action}, p)
	}))
	add(a, Route{
		ID: "adopt-finding", Method: "POST", Path: at + "/adopt", Tag: tag, Summary: "Adopt a finding", Text: "From this instant on its cause is measured as after.", Actions: write,
		body: FeedbackAdoption{}, example: map[string]any{"action": "说「含棉 60%」"},
	}, findingStep(a, func(ctx context.Context, p live.Principal, m live.MerchantID, id string, b FeedbackAdoption) (complaint.Finding, error) {
		return a.cfg.Complaints.Decide(ctx, m, id, true, b.Action, p)
	}))
	add(a, Route{
		ID: "reject-finding", Method: "POST", Path: at + "/reject", Tag: tag, Summary: "Reject a finding", Actions: write, body: FeedbackRejection{}, example: map[string]any{"reason": "the label is right"},
	}, findingStep(a, func(ctx context.Context, p live.Principal, m live.MerchantID, id string, b FeedbackRejection) (complaint.Finding, error) {
		return a.cfg.Complaints.Decide(ctx, m, id, false, b.Reason, p)
	}))
	add(a, Route{
		ID: "verify-finding", Method: "POST", Path: at + "/verify", Tag: tag, Summary: "Measure whether an adopted finding worked",
		Text: "The rate of its cause before and after, with an interval; a sample that is too small says so.", Actions: write, body: FeedbackCheck{}, example: map[string]any{"window_hours": 720, "horizon_hours": 168},
	}, findingStep(a, func(ctx context.Context, p live.Principal, m live.MerchantID, id string, b FeedbackCheck) (complaint.Finding, error) {
		window, horizon := complaint.DefaultWindow, complaint.DefaultHorizon
		if b.WindowHours != 0 {
			window = time.Duration(b.WindowHours) * time.Hour
		}
		if b.HorizonHours != 0 {
			horizon = time.Duration(b.HorizonHours) * time.Hour
		}
		return a.cfg.Complaints.Verify(ctx, m, id, window, horizon, p)
	}))
}

func findingStep[T any](a *API, do func(context.Context, live.Principal, live.MerchantID, string, T) (complaint.Finding, error)) func(context.Context, live.Principal, *findingTurn) (*findingOutput, error) {
	return func(ctx context.Context, p live.Principal, in *findingTurn) (*findingOutput, error) {
		b, err := decode[T](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		f, err := do(ctx, p, m, in.FindingID, b)
		if err != nil {
			return nil, err
		}
		return &findingOutput{a.findingOf(f)}, nil
	}
}

func (a *API) createFinding(ctx context.Context, p live.Principal, in *rawBody) (*findingOutput, error) {
	b, err := decode[NewFeedback](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	f, err := a.cfg.Complaints.Find(ctx, complaint.NewFinding{
		Merchant: m, Title: b.Title, Cause: complaint.Cause(b.Cause), Product: live.ProductID(b.ProductID), Show: live.ShowID(b.ShowID), Terms: b.Terms, Action: b.Action, Evidence: b.Evidence,
	}, p)
	if err != nil {
		return nil, err
	}
	return &findingOutput{a.findingOf(f)}, nil
}

func (a *API) listFindings(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"open,routed,adopted,rejected"`
	Stage      string `query:"stage" enum:"product,pre_sale,promotion,policy,service"`
	OwnerID    string `query:"owner_id" maxLength:"128"`
	Overdue    bool   `query:"overdue" doc:"Only what nobody has decided on and was due."`
},
) (*listOutput[Finding], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f := complaint.FindingFilter{Merchant: m, State: complaint.FindingState(in.State), Stage: complaint.Stage(in.Stage), Owner: in.OwnerID, Cursor: in.Cursor, Limit: in.Limit}
	if in.Overdue {
		f.Overdue = a.cfg.Now()
	}
	list, next, err := a.cfg.Complaints.Findings(ctx, f)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, a.findingOf), nil
}

func (a *API) getFinding(ctx context.Context, p live.Principal, in *FindingPath) (*findingOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	f, err := a.cfg.Complaints.Finding(ctx, m, in.FindingID)
	if err != nil {
		return nil, err
	}
	steps, err := a.cfg.Complaints.FindingHistory(ctx, m, in.FindingID)
	if err != nil {
		return nil, err
	}
	out := a.findingOf(f)
	out.Steps = stepsOf(steps)
	return &findingOutput{out}, nil
}

func (a *API) getAdoption(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	From       string `query:"from" doc:"Findings created from then on, RFC 3339." maxLength:"40"`
	To         string `query:"to" maxLength:"40"`
},
) (*listOutput[DepartmentAdoption], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	from, to, err := (&CareQuery{From: in.From, To: in.To}).span()
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Complaints.Adoptions(ctx, m, from, to, a.cfg.Now())
	if err != nil {
		return nil, err
	}
	return listOf(list, "", func(x complaint.Adoption) DepartmentAdoption {
		return DepartmentAdoption{x.Department, fraction(x.Adopted, x.Routed), x.Rejected, x.Waiting, x.Overdue, x.Late}
	}), nil
}

func (a *API) findingOf(f complaint.Finding) Finding {
	out := Finding{
		ID: f.ID, Title: f.Title, Cause: string(f.Cause), ProductID: string(f.Product), Product: f.ProductTitle, ShowID: string(f.Show), Terms: f.Terms, Action: f.Action, State: string(f.State),
		Stage: string(f.Stage), Department: f.Department, OwnerID: f.Owner, DueAt: timeOf(f.Due), Overdue: f.Overdue(a.cfg.Now()), CreatedAt: Time{f.CreatedAt},
		DecidedAt: timeOf(f.DecidedAt), Evidence: f.Evidence,
	}
	if v := f.Verified; v != nil {
		out.Verified = &Verification{
			Before: fraction(v.Before.Of, v.Before.All), After: fraction(v.After.Of, v.After.All), Low: v.Low, High: v.High, Outcome: string(v.Outcome), Waiting: v.Waiting,
			WindowHours: int64(v.Window.Hours()), HorizonHours: int64(v.Horizon.Hours()), At: Time{v.At},
			// (a/n - b/m) / (b/m) = (a m - b n) / (b n).
			Drop: fraction(v.After.Of*v.Before.All-v.Before.Of*v.After.All, v.Before.Of*v.After.All),
		}
	}
	return out
}
