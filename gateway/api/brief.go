package api

import (
	"context"

	"showrunner/conversion/care/complaint"
	"showrunner/live"
)

// Brief is what whoever is on is told before a show.
type Brief struct {
	ShowID      string      `json:"show_id"`
	Version     int64       `json:"version" doc:"Published last; 0: none."`
	Warnings    []BriefItem `json:"warnings" doc:"That version."`
	PublishedAt *Time       `json:"published_at,omitempty"`
	PublishedBy string      `json:"published_by,omitempty"`
	Reads       []BriefRead `json:"read_by" doc:"Who has read that version."`
	ReadByHost  bool        `json:"read_by_host" doc:"To look at before going live."`
	Draft       []BriefItem `json:"draft,omitempty" doc:"Only for roles that write briefs."`
	Changed     bool        `json:"draft_changed" doc:"The draft is not what was published."`
	ChangedAt   Time        `json:"draft_changed_at"`
	ChangedBy   string      `json:"draft_changed_by,omitempty"`
}

// BriefItem is one thing to know.
type BriefItem struct {
	Kind       string   `json:"kind" enum:"avoid_claim,policy,question,warning"`
	Text       string   `json:"text" minLength:"1" maxLength:"200"`
	Answer     string   `json:"answer,omitempty" maxLength:"500" doc:"What to say or do instead."`
	ProductID  string   `json:"product_id,omitempty"`
	Product    string   `json:"product_title,omitempty" doc:"What it was called when the item was written; the server says it."`
	Cause      string   `json:"cause,omitempty" enum:"poor_experience,promotion_mismatch,unclear_policy,quality,logistics,other"`
	FindingID  string   `json:"finding_id,omitempty"`
	ClusterID  string   `json:"cluster_id,omitempty"`
	Complaints int64    `json:"complaints,omitempty" doc:"Behind the finding."`
	Asked      int64    `json:"asked,omitempty" doc:"How often, in the last shows of the room."`
	Terms      []string `json:"terms,omitempty"`
}

// BriefRead is that somebody has read a brief.
type BriefRead struct {
	By   string `json:"by"`
	Role string `json:"role"`
	At   Time   `json:"at"`
}

// NewBrief is the body of POST /v1/service/briefs.
type NewBrief struct {
	ShowID string `json:"show_id"`
}

// BriefDraft is the body of PUT /v1/shows/{show_id}/brief.
type BriefDraft struct {
	Items []BriefItem `json:"items" maxItems:"30"`
}

// BriefAck is the body of POST /v1/shows/{show_id}/brief/read.
type BriefAck struct {
	Version int64 `json:"version" minimum:"1" doc:"That was read; another that stands is 409 version_mismatch."`
}

type briefOutput struct{ Body Brief }

// briefTurn is what a change of a brief takes.
type briefTurn struct {
	ShowPath
	rawBody
}

func (a *API) briefs() {
	read, write := []live.Action{live.ActBriefRead}, []live.Action{live.ActBriefWrite}
	const tag = "Complaints"
	const at = "/v1/shows/{show_id}/brief"
	add(a, Route{
		ID: "draft-brief", Method: "POST", Path: "/v1/service/briefs", Tag: tag, Summary: "Draft the brief of a show",
		Text: "Of the findings that nobody has rejected about what is on its shelf, those adopted in the last 90 days, and what was asked most in the last three shows of its room. " +
			"What stood in the draft is lost; what was published stands.", Actions: write, status: 201, errors: []int{404}, body: NewBrief{}, example: map[string]any{"show_id": "s-2"},
	}, a.draftBrief)
	add(a, Route{ID: "list-briefs", Method: "GET", Path: "/v1/service/briefs", Tag: tag, Summary: "List briefs, those changed last first", Actions: write}, a.listBriefs)
	add(a, Route{ID: "get-brief", Method: "GET", Path: at, Tag: tag, Summary: "Read the brief of a show", Text: "And who has read it.", Actions: read}, a.getBrief)
	add(a, Route{
		ID: "put-brief", Method: "PUT", Path: at, Tag: tag, Summary: "Put your words in place of the draft", Actions: write, body: BriefDraft{},
		example: map[string]any{"items": []any{map[string]any{"kind": "avoid_claim", "text": "不要说「纯棉」", "answer": "说「含棉 60%」"}}},
	}, a.putBrief)
	add(a, Route{
		ID: "publish-brief", Method: "POST", Path: at + "/publish", Tag: tag, Summary: "Publish the draft",
		Text: "It reaches the panels of the room at once as `show_brief_published`, and stands in their `welcome`. Viewers never see it. It has to be read again.", Actions: write,
	}, a.publishBrief)
	add(a, Route{
		ID: "read-brief", Method: "POST", Path: at + "/read", Tag: tag, Summary: "Say that one has read the brief", Actions: []live.Action{live.ActBriefAck}, body: BriefAck{}, example: map[string]any{"version": 1},
	}, a.readBrief)
}

func (a *API) draftBrief(ctx context.Context, p live.Principal, in *rawBody) (*briefOutput, error) {
	b, err := decode[NewBrief](in.RawBody)
	if err != nil {
		return nil, err
	}
	s, err := a.show(ctx, p, live.ShowID(b.ShowID))
	if err != nil {
		return nil, err
	}
	return briefAnswer(p)(a.cfg.Complaints.Draft(ctx, s.Merchant, s.ID, p))
}

func (a *API) listBriefs(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[Brief], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Complaints.Briefs(ctx, m, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, func(b complaint.Brief) Brief { return briefOf(&b, p) }), nil
}

func (a *API) getBrief(ctx context.Context, p live.Principal, in *ShowPath) (*briefOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	b, err := a.cfg.Complaints.Brief(ctx, s.Merchant, s.ID)
	if err == nil && b.Version == 0 && !p.May(live.ActBriefWrite) {
		err = live.NotFound("brief_not_found", "the show has no brief")
	}
	return briefAnswer(p)(b, err)
}

func (a *API) putBrief(ctx context.Context, p live.Principal, in *briefTurn) (*briefOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	b, err := decode[BriefDraft](in.RawBody)
	if err != nil {
		return nil, err
	}
	items := make([]complaint.Item, len(b.Items))
	for i, it := range b.Items {
		items[i] = complaint.Item{
			Kind: complaint.ItemKind(it.Kind), Text: it.Text, Answer: it.Answer, Product: live.ProductID(it.ProductID), Cause: complaint.Cause(it.Cause), Finding: it.FindingID,
			Cluster: it.ClusterID, Complaints: it.Complaints, Asked: it.Asked, Terms: it.Terms,
		}
	}
	return briefAnswer(p)(a.cfg.Complaints.Edit(ctx, s.Merchant, s.ID, items, p))
}

func (a *API) publishBrief(ctx context.Context, p live.Principal, in *ShowPath) (*briefOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	return briefAnswer(p)(a.cfg.Complaints.Publish(ctx, s.Merchant, s.ID, p))
}

func (a *API) readBrief(ctx context.Context, p live.Principal, in *briefTurn) (*briefOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	b, err := decode[BriefAck](in.RawBody)
	if err != nil {
		return nil, err
	}
	return briefAnswer(p)(a.cfg.Complaints.Acknowledge(ctx, s.Merchant, s.ID, b.Version, p))
}

func briefAnswer(p live.Principal) func(complaint.Brief, error) (*briefOutput, error) {
	return func(b complaint.Brief, err error) (*briefOutput, error) {
		if err != nil {
			return nil, err
		}
		return &briefOutput{briefOf(&b, p)}, nil
	}
}

func briefOf(b *complaint.Brief, p live.Principal) Brief {
	out := Brief{
		ShowID: string(b.Show), Version: b.Version, Warnings: briefItems(b.Published), PublishedAt: timeOf(b.PublishedAt), PublishedBy: b.PublishedBy, Reads: []BriefRead{},
		ReadByHost: b.ReadByHost(), Changed: b.Stale(), ChangedAt: Time{b.ChangedAt}, ChangedBy: b.ChangedBy,
	}
	if p.May(live.ActBriefWrite) {
		out.Draft = briefItems(b.Items)
	}
	for _, r := range b.Reads {
		out.Reads = append(out.Reads, BriefRead{r.Actor, string(r.Role), Time{r.At}})
	}
	return out
}

func briefItems(list []complaint.Item) []BriefItem {
	out := make([]BriefItem, len(list))
	for i, it := range list {
		out[i] = BriefItem{string(it.Kind), it.Text, it.Answer, string(it.Product), it.ProductTitle, string(it.Cause), it.Finding, it.Cluster, it.Complaints, it.Asked, it.Terms}
	}
	return out
}
