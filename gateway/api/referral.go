package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"showrunner/live"
)

// ReferralRule is a merchant's rule for binding people to who brought them.
type ReferralRule struct {
	Who        string `json:"who" enum:"new,all" doc:"Whom a link binds: people who have not ordered before, or all."`
	Term       string `json:"term" enum:"permanent,days,overwrite" doc:"The first link for ever; the first for so many days; or always the latest."`
	Days       int64  `json:"days,omitempty" minimum:"1" maximum:"3650" doc:"Of the term days."`
	BonusMinor int64  `json:"bonus_minor,omitempty" minimum:"0" doc:"What the referrer gets when somebody bound to them follows for the first time."`
	Currency   string `json:"currency,omitempty" doc:"Of the bonus."`
	Version    int64  `json:"rule_version,omitempty" doc:"0: the rule of who has set none."`
	SetAt      *Time  `json:"set_at,omitempty"`
}

// NewReferralRule is the body of PUT /v1/referral/rule.
type NewReferralRule struct {
	Who        string `json:"who" enum:"new,all"`
	Term       string `json:"term" enum:"permanent,days,overwrite"`
	Days       int64  `json:"days,omitempty" minimum:"1" maximum:"3650"`
	BonusMinor int64  `json:"bonus_minor,omitempty" minimum:"0"`
	Currency   string `json:"currency,omitempty"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// ReferralLink is somebody's link.
type ReferralLink struct {
	Token     string `json:"token"`
	PersonID  string `json:"person_id" doc:"Whose link it is."`
	RoomID    string `json:"room_id,omitempty"`
	ShowID    string `json:"show_id,omitempty"`
	Channel   string `json:"channel,omitempty"`
	CreatedAt Time   `json:"created_at"`
}

// NewReferralLink is the body of POST /v1/referral/links.
type NewReferralLink struct {
	PersonID   string `json:"person_id,omitempty" doc:"Whose; a viewer's own when left out."`
	RoomID     string `json:"room_id,omitempty" doc:"Where it leads."`
	ShowID     string `json:"show_id,omitempty"`
	Channel    string `json:"channel,omitempty" maxLength:"64" doc:"Where it is sent."`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// FollowedLink is the body of POST /v1/referral/clicks and /v1/referral/bindings.
type FollowedLink struct {
	Token      string `json:"token" maxLength:"64"`
	PersonID   string `json:"person_id,omitempty" doc:"Who followed it; a viewer themselves when left out."`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// Binding is an entry of the ledger of bindings.
type Binding struct {
	PersonID  string `json:"person_id"`
	Referrer  string `json:"referrer_id,omitempty" doc:"Left out: the binding before was ended."`
	BoundAt   Time   `json:"bound_at"`
	ExpiresAt *Time  `json:"expires_at,omitempty" doc:"Left out: it does not end by itself."`
	Rule      int64  `json:"rule_version"`
	Reason    string `json:"reason,omitempty" doc:"Why the binding before was ended."`
	Replay    bool   `json:"replay,omitempty" doc:"They belonged to the same person already."`
}

// Bindings is somebody's history.
type Bindings struct {
	Items []Binding `json:"items" doc:"Ascending; the last one holds, until it expires."`
}

type (
	referralRuleOutput struct{ Body ReferralRule }
	referralLinkOutput struct{ Body ReferralLink }
	bindingOutput      struct{ Body Binding }
	bindingsOutput     struct{ Body Bindings }
)

func (a *API) referrals() {
	share, read, write := []live.Action{live.ActShare}, []live.Action{live.ActReferralRead}, []live.Action{live.ActReferralWrite}
	const tag = "Referral"
	add(a, Route{ID: "get-referral-rule", Method: "GET", Path: "/v1/referral/rule", Tag: tag, Summary: "Read the rule of bindings", Actions: read}, a.getReferralRule)
	add(a, Route{
		ID: "put-referral-rule", Method: "PUT", Path: "/v1/referral/rule", Tag: tag, Summary: "Set the rule of bindings",
		Text: "A new version, for links followed from now on; what was bound before stays.", Actions: write, body: NewReferralRule{},
		example: map[string]any{"who": "new", "term": "days", "days": 30},
	}, a.putReferralRule)
	add(a, Route{
		ID: "create-referral-link", Method: "POST", Path: "/v1/referral/links", Tag: tag, Summary: "Get somebody's link",
		Text: "Asked again it is the same. Only who may serve others gets one for somebody else.", Actions: share, body: NewReferralLink{}, optional: true,
		example: map[string]any{"person_id": "u1", "channel": "wechat"},
	}, a.createReferralLink)
	add(a, Route{
		ID: "click-referral-link", Method: "POST", Path: "/v1/referral/clicks", Tag: tag, Summary: "Say that a link was followed",
		Text: "Once for each person and link: the fact `referral_clicked`, a touch of the person's journey. It binds nobody.", Actions: share, body: FollowedLink{}, status: 204,
		errors: []int{404}, example: map[string]any{"token": "7q2w3e4r5t6y7u8i9o0pasdfgh", "person_id": "u2"},
	}, a.clickReferralLink)
	add(a, Route{
		ID: "bind-referral", Method: "POST", Path: "/v1/referral/bindings", Tag: tag, Summary: "Bind somebody to whose link they followed",
		Text: "By the merchant's rule; refused as `own_link`, `referral_loop`, `not_new` or `already_bound`. Bindings decide commissions and are apart from attribution.", Actions: share,
		body: FollowedLink{}, errors: []int{404}, example: map[string]any{"token": "7q2w3e4r5t6y7u8i9o0pasdfgh", "person_id": "u2"},
	}, a.bindReferral)
	add(a, Route{
		ID: "get-bindings", Method: "GET", Path: "/v1/referral/bindings/{person_id}", Tag: tag, Summary: "Read to whom somebody belonged, and when", Actions: read,
	}, a.getBindings)
	add(a, Route{
		ID: "end-binding", Method: "POST", Path: "/v1/referral/bindings/{person_id}/end", Tag: tag, Summary: "End somebody's binding",
		Text: "Such as one made by fraud. The history keeps both.", Actions: write, body: NewUndo{}, status: 204, example: map[string]any{"reason": "bought followers"},
	}, a.endBinding)
	a.commissions()
	a.partners()
}

func (a *API) getReferralRule(ctx context.Context, p live.Principal, in *struct {
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*referralRuleOutput, error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	r, err := a.cfg.Store.ReferralRule(ctx, m)
	if err != nil {
		return nil, err
	}
	return referralRuleOf(r), nil
}

func referralRuleOf(r live.ReferralRule) *referralRuleOutput {
	return &referralRuleOutput{ReferralRule{string(r.Who), string(r.Term), r.Days, r.Bonus, string(r.Currency), r.Version, timeOf(r.SetAt)}}
}

func (a *API) putReferralRule(ctx context.Context, p live.Principal, in *rawBody) (*referralRuleOutput, error) {
	b, err := decode[NewReferralRule](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	r, err := a.cfg.Store.SetReferralRule(ctx, live.ReferralRule{
		Merchant: m, Who: live.ReferralWho(b.Who), Term: live.ReferralTerm(b.Term), Days: b.Days, Bonus: b.BonusMinor, Currency: live.Currency(b.Currency),
	}, p.Actor())
	if err != nil {
		return nil, err
	}
	return referralRuleOf(r), nil
}

// sharer decides for whom a caller acts: a viewer for themselves, others for
// whom they name.
func sharer(p live.Principal, merchantID, named string) (live.MerchantID, live.PersonID, error) {
	m, err := merchant(p, merchantID)
	switch {
	case err != nil:
		return "", "", err
	case p.Role == live.RoleViewer && named != "" && named != p.Subject:
		return "", "", live.Forbidden("not_yourself", "a viewer speaks for themselves alone")
	case p.Role == live.RoleViewer:
		return m, live.PersonID(p.Subject), nil
	}
	return m, live.PersonID(named), id("person_id", named, true)
}

func (a *API) createReferralLink(ctx context.Context, p live.Principal, in *rawBody) (*referralLinkOutput, error) {
	var b NewReferralLink
	if len(in.RawBody) > 0 {
		var err error
		if b, err = decode[NewReferralLink](in.RawBody); err != nil {
			return nil, err
		}
	}
	m, person, err := sharer(p, b.MerchantID, b.PersonID)
	if err != nil {
		return nil, err
	}
	if b.ShowID != "" {
		if _, err := a.show(ctx, p, live.ShowID(b.ShowID)); err != nil {
			return nil, err
		}
	}
	if b.RoomID != "" {
		if _, err := a.room(ctx, p, live.RoomID(b.RoomID)); err != nil {
			return nil, err
		}
	}
	k, err := a.cfg.Store.ShareLink(ctx, live.ShareToken{Merchant: m, Person: person, Room: live.RoomID(b.RoomID), Show: live.ShowID(b.ShowID), Channel: b.Channel})
	if err != nil {
		return nil, err
	}
	return &referralLinkOutput{ReferralLink{k.Token, string(k.Person), string(k.Room), string(k.Show), k.Channel, Time{k.CreatedAt}}}, nil
}

func (a *API) clickReferralLink(ctx context.Context, p live.Principal, in *rawBody) (*nothing, error) {
	_, _, _, err := a.follow(ctx, p, in.RawBody)
	return &nothing{}, err
}

// follow reads who followed which link and states it as a fact.
func (a *API) follow(ctx context.Context, p live.Principal, raw []byte) (m live.MerchantID, token string, person live.PersonID, err error) {
	b, err := decode[FollowedLink](raw)
	if err != nil {
		return "", "", "", err
	}
	if m, person, err = sharer(p, b.MerchantID, b.PersonID); err != nil {
		return "", "", "", err
	}
	k, err := a.cfg.Store.Link(ctx, m, b.Token)
	if err != nil {
		return "", "", "", err
	}
	if k.Person == person {
		return "", "", "", live.Conflict("own_link", "nobody brings themselves")
	}
	data, err := json.Marshal(map[string]any{"referrer": k.Person, "link_channel": k.Channel})
	if err != nil {
		return "", "", "", err
	}
	sum := sha256.Sum256([]byte(k.Token + "\x00" + string(person)))
	now := a.cfg.Now().UTC().Truncate(time.Millisecond)
	receipts, err := a.cfg.Ingest.Ingest(ctx, live.FromProducer, []live.Event{{
		ID: live.EventID("ref_" + hex.EncodeToString(sum[:16])), Kind: "referral_clicked", Source: "referral", Merchant: m, Room: k.Room, Show: k.Show,
		Actor: live.Actor{ID: string(person), Role: live.RoleViewer}, Person: person, OccurredAt: now, Data: data,
	}})
	if err != nil {
		return "", "", "", err
	}
	if r := receipts[0]; r.Status == live.Rejected {
		return "", "", "", r.Err
	}
	return m, k.Token, person, nil
}

func (a *API) bindReferral(ctx context.Context, p live.Principal, in *rawBody) (*bindingOutput, error) {
	m, token, person, err := a.follow(ctx, p, in.RawBody)
	if err != nil {
		return nil, err
	}
	b, err := a.cfg.Store.Bind(ctx, m, token, person)
	if err != nil {
		return nil, err
	}
	return &bindingOutput{bindingOf(b)}, nil
}

func bindingOf(b live.Binding) Binding {
	return Binding{string(b.Person), string(b.Referrer), Time{b.BoundAt}, timeOf(b.ExpiresAt), b.Rule, b.Reason, b.Replay}
}

func (a *API) getBindings(ctx context.Context, p live.Principal, in *PersonPath) (*bindingsOutput, error) {
	m, person, err := in.person(p)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Bindings(ctx, m, person)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, live.NotFound("never_bound", "they never belonged to anybody")
	}
	out := Bindings{Items: make([]Binding, len(list))}
	for i, b := range list {
		out.Items[i] = bindingOf(b)
	}
	return &bindingsOutput{out}, nil
}

func (a *API) endBinding(ctx context.Context, p live.Principal, in *struct {
	PersonPath
	rawBody
},
) (*nothing, error) {
	b, err := decode[NewUndo](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, person, err := in.person(p)
	if err != nil {
		return nil, err
	}
	if err := evidence("reason", b.Reason); err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Bindings(ctx, m, person)
	if err != nil {
		return nil, err
	}
	if len(list) == 0 {
		return nil, live.NotFound("never_bound", "they never belonged to anybody")
	}
	return &nothing{}, a.cfg.Store.Unbind(ctx, m, person, b.Reason, p.Actor())
}
