package api

import (
	"context"
	"time"

	"showrunner/conversion/care"
	"showrunner/conversion/care/complaint"
	"showrunner/live"
)

// Complaint is what a customer complains of.
type Complaint struct {
	ID          string           `json:"complaint_id"`
	State       string           `json:"state" enum:"suggested,open,escalated,mediated,resolved,reopened,withdrawn,dismissed" doc:"Suggested, withdrawn and dismissed ones are in no rate."`
	Cause       string           `json:"cause" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other" doc:"That counts: a person's word before the machine's."`
	Machine     ComplaintVerdict `json:"machine"`
	HumanCause  string           `json:"human_cause,omitempty"`
	CorrectedBy string           `json:"corrected_by,omitempty"`
	CorrectedAt *Time            `json:"corrected_at,omitempty"`
	Source      string           `json:"source" enum:"desk,refund,review,comment"`
	Text        string           `json:"text" doc:"As it was told first."`
	Evidence    int64            `json:"evidence" doc:"How often it was told."`
	PersonID    string           `json:"person_id,omitempty"`
	OrderID     string           `json:"order_id,omitempty"`
	ShowID      string           `json:"show_id,omitempty"`
	ProductID   string           `json:"product_id,omitempty"`
	SessionID   string           `json:"session_id,omitempty"`
	AgentID     string           `json:"agent_id,omitempty" doc:"Who looks after it."`
	Resolution  string           `json:"resolution,omitempty"`
	OpenedAt    Time             `json:"opened_at"`
	ResolvedAt  *Time            `json:"resolved_at,omitempty"`
	FollowUpAt  *Time            `json:"follow_up_at,omitempty" doc:"When to ask how it went."`
	FollowedAt  *Time            `json:"followed_up_at,omitempty"`
	FollowedUp  string           `json:"follow_up,omitempty" doc:"What they said then."`
	Score       int64            `json:"score,omitempty" doc:"1 to 5, what they gave then."`
	Steps       []CareStep       `json:"steps,omitempty" doc:"Of one complaint: who did what when, the first first."`
}

// ComplaintVerdict is what a machine makes of a text.
type ComplaintVerdict struct {
	Cause      string            `json:"cause"`
	Confidence Rate              `json:"confidence" doc:"How often such a verdict is right."`
	By         string            `json:"by" enum:"rule,model"`
	Because    []ComplaintReason `json:"because" doc:"What spoke for it, the weightiest first."`
}

// ComplaintReason is one term that spoke for a verdict.
type ComplaintReason struct {
	Term   string  `json:"term"`
	Weight float64 `json:"weight"`
}

// CareStep is one step of a complaint, a finding, a need or a cluster.
type CareStep struct {
	Step  string `json:"step"`
	State string `json:"state"`
	Cause string `json:"cause,omitempty"`
	Note  string `json:"note,omitempty"`
	By    string `json:"by"`
	Role  string `json:"role"`
	At    Time   `json:"at"`
}

// NewComplaint is the body of POST /v1/service/complaints.
type NewComplaint struct {
	Text       string `json:"text" minLength:"1" maxLength:"2000"`
	Cause      string `json:"cause,omitempty" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other" doc:"Yours; the machine's stands beside it."`
	SessionID  string `json:"session_id,omitempty"`
	OrderID    string `json:"order_id,omitempty" doc:"It gives the show, the person and, if there is one only, the product."`
	ShowID     string `json:"show_id,omitempty"`
	ProductID  string `json:"product_id,omitempty"`
	PersonID   string `json:"person_id,omitempty"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ComplaintStep is the body of the steps of a complaint.
type ComplaintStep struct {
	Note          string `json:"note,omitempty" maxLength:"500" doc:"Why, or what was done."`
	Cause         string `json:"cause,omitempty" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other" doc:"Of correct."`
	AgentID       string `json:"agent_id,omitempty" doc:"Of assign."`
	FollowUpHours int64  `json:"follow_up_hours,omitempty" minimum:"0" maximum:"2160" doc:"Of resolve: when to ask how it went."`
	Score         int64  `json:"score,omitempty" minimum:"0" maximum:"5" doc:"Of follow-up: what they gave."`
}

type complaintOutput struct{ Body Complaint }

// ComplaintPath is the path of one complaint.
type ComplaintPath struct {
	ComplaintID string `path:"complaint_id" maxLength:"128"`
	MerchantID  string `query:"merchant_id" doc:"Needed of an admin's token."`
}

var complaintWords = map[complaint.Step]struct{ path, summary, text string }{
	complaint.Confirm:  {"confirm", "Confirm a suggested complaint", "From then on it counts."},
	complaint.Dismiss:  {"dismiss", "Dismiss a suggested complaint", "It was none."},
	complaint.Correct:  {"correct", "Give a complaint another cause", "The machine's verdict stays beside it. A cause of which the same order has a complaint already is 409 `complaint_exists`."},
	complaint.Assign:   {"assign", "Give a complaint to an agent", "The agent sees it from then on."},
	complaint.Escalate: {"escalate", "Escalate a complaint", ""},
	complaint.Mediate:  {"mediate", "Say that a third party mediates", ""},
	complaint.Resolve:  {"resolve", "Resolve a complaint", "The note says what was done."},
	complaint.FollowUp: {"follow-up", "Note how it went afterwards", "It is told as `followup_done`."},
	complaint.Reopen:   {"reopen", "Reopen a resolved complaint", "Telling the same of the same order again does so, too."},
	complaint.Withdraw: {"withdraw", "Take a complaint back", "It counts no more."},
}

func (a *API) complaints() {
	read, write := []live.Action{live.ActComplaintRead}, []live.Action{live.ActComplaintWrite}
	const tag = "Complaints"
	add(a, Route{
		ID: "open-complaint", Method: "POST", Path: "/v1/service/complaints", Tag: tag, Summary: "Open a complaint",
		Text: "One cause of one order is one complaint: told again it gets more evidence, and is reopened if it was resolved. Of an agent it is their own.", Actions: write, status: 201, errors: []int{404},
		body: NewComplaint{}, example: map[string]any{"order_id": "o-1", "text": "主播说是纯棉的，收到不是"},
	}, a.openComplaint)
	add(a, Route{ID: "list-complaints", Method: "GET", Path: "/v1/service/complaints", Tag: tag, Summary: "List complaints, latest first", Text: "An agent sees those they look after.", Actions: read}, a.listComplaints)
	add(a, Route{ID: "get-complaint", Method: "GET", Path: "/v1/service/complaints/{complaint_id}", Tag: tag, Summary: "Read a complaint with its steps", Actions: read}, a.getComplaint)
	for _, step := range complaint.Steps {
		w := complaintWords[step]
		example := map[string]any{"note": "sent a new one"}
		if step == complaint.Correct {
			example = map[string]any{"cause": "promotion_mismatch"}
		}
		if step == complaint.Assign {
			example = map[string]any{"agent_id": "ann"}
		}
		add(a, Route{
			ID: w.path + "-complaint", Method: "POST", Path: "/v1/service/complaints/{complaint_id}/" + w.path, Tag: tag, Summary: w.summary,
			Text: w.text + " A wrong turn is 409 `wrong_state`.", Actions: write, body: ComplaintStep{}, example: example,
		}, a.turnComplaint(step))
	}
	a.complaintFigures()
}

func (a *API) openComplaint(ctx context.Context, p live.Principal, in *rawBody) (*complaintOutput, error) {
	b, err := decode[NewComplaint](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if b.Text == "" {
		return nil, live.Invalid("invalid_field", "text", "must have 1 to %d characters", complaint.MaxText)
	}
	c, _, err := a.cfg.Complaints.Open(ctx, complaint.Claim{
		Merchant: m, Text: b.Text, Cause: complaint.Cause(b.Cause), Session: b.SessionID, Order: live.OrderID(b.OrderID), Show: live.ShowID(b.ShowID),
		Product: live.ProductID(b.ProductID), Person: live.PersonID(b.PersonID), Source: complaint.FromDesk,
	}, p.Actor())
	if err != nil {
		return nil, err
	}
	return &complaintOutput{complaintOf(c)}, nil
}

func (a *API) listComplaints(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"suggested,open,escalated,mediated,resolved,reopened,withdrawn,dismissed"`
	Cause      string `query:"cause" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other"`
	Source     string `query:"source" enum:"desk,refund,review,comment"`
	ShowID     string `query:"show_id" maxLength:"128"`
	ProductID  string `query:"product_id" maxLength:"128"`
	OrderID    string `query:"order_id" maxLength:"128"`
	PersonID   string `query:"person_id" maxLength:"128" doc:"Under any of their names."`
},
) (*listOutput[Complaint], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Complaints.Complaints(ctx, complaint.Filter{
		Reach: care.ReachOf(m, p), State: complaint.State(in.State), Cause: complaint.Cause(in.Cause), Source: complaint.Source(in.Source),
		Show: live.ShowID(in.ShowID), Product: live.ProductID(in.ProductID), Order: live.OrderID(in.OrderID), Person: live.PersonID(in.PersonID), Cursor: in.Cursor, Limit: in.Limit,
	})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, complaintOf), nil
}

func (a *API) getComplaint(ctx context.Context, p live.Principal, in *ComplaintPath) (*complaintOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	reach := care.ReachOf(m, p)
	c, err := a.cfg.Complaints.Complaint(ctx, reach, in.ComplaintID)
	if err != nil {
		return nil, err
	}
	steps, err := a.cfg.Complaints.History(ctx, reach, in.ComplaintID)
	if err != nil {
		return nil, err
	}
	out := complaintOf(c)
	out.Steps = stepsOf(steps)
	return &complaintOutput{out}, nil
}

// complaintTurn is what a step takes.
type complaintTurn struct {
	ComplaintPath
	rawBody
}

func (a *API) turnComplaint(step complaint.Step) func(context.Context, live.Principal, *complaintTurn) (*complaintOutput, error) {
	return func(ctx context.Context, p live.Principal, in *complaintTurn) (*complaintOutput, error) {
		b, err := decode[ComplaintStep](in.RawBody)
		if err != nil {
			return nil, err
		}
		m, err := ofMerchant(p, in.MerchantID)
		if err != nil {
			return nil, err
		}
		c, err := a.cfg.Complaints.Turn(ctx, care.ReachOf(m, p), in.ComplaintID, complaint.Turn{
			Step: step, Note: b.Note, Cause: complaint.Cause(b.Cause), Agent: b.AgentID, After: time.Duration(b.FollowUpHours) * time.Hour, Score: b.Score,
		}, p)
		if err != nil {
			return nil, err
		}
		return &complaintOutput{complaintOf(c)}, nil
	}
}

func complaintOf(c complaint.Complaint) Complaint {
	by := "model"
	if c.Machine.Rule {
		by = "rule"
	}
	out := Complaint{
		ID: c.ID, State: string(c.State), Cause: string(c.Cause), HumanCause: string(c.HumanCause), CorrectedBy: c.CorrectedBy, CorrectedAt: timeOf(c.CorrectedAt),
		Machine: ComplaintVerdict{string(c.Machine.Cause), fraction(c.Machine.Confidence, 10_000), by, []ComplaintReason{}},
		Source:  string(c.Source), Text: c.Text, Evidence: c.Evidence, PersonID: string(c.Person), OrderID: string(c.Order), ShowID: string(c.Show), ProductID: string(c.Product),
		SessionID: c.Session, AgentID: c.Agent, Resolution: c.Resolution, OpenedAt: Time{c.OpenedAt}, ResolvedAt: timeOf(c.ResolvedAt), FollowUpAt: timeOf(c.FollowUpAt),
		FollowedAt: timeOf(c.FollowedAt), FollowedUp: c.FollowedUp, Score: c.Score,
	}
	for _, r := range c.Machine.Because {
		out.Machine.Because = append(out.Machine.Because, ComplaintReason(r))
	}
	return out
}

func stepsOf(list []complaint.Entry) []CareStep {
	out := make([]CareStep, len(list))
	for i, s := range list {
		out[i] = CareStep{s.Step, s.State, string(s.Cause), s.Note, s.Actor, string(s.Role), Time{s.At}}
	}
	return out
}
