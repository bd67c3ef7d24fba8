package api

import (
	"context"

	"showrunner/live"
	"showrunner/live/store"
)

// Partner is a person who sells in the merchant's name, or wants to.
type Partner struct {
	PersonID  string `json:"person_id"`
	State     string `json:"state" enum:"applied,approved,rejected,suspended"`
	Note      string `json:"note,omitempty" doc:"Of the application, or why it was decided so."`
	AppliedAt Time   `json:"applied_at"`
	DecidedAt *Time  `json:"decided_at,omitempty"`
	DecidedBy string `json:"decided_by,omitempty"`
}

// NewPartner is the body of POST /v1/partners.
type NewPartner struct {
	PersonID   string `json:"person_id,omitempty" doc:"Who applies; a viewer themselves when left out."`
	Note       string `json:"note,omitempty" maxLength:"200"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

func partnerOf(p store.Partner) Partner {
	return Partner{string(p.Person), string(p.State), p.Note, Time{p.AppliedAt}, timeOf(p.DecidedAt), p.DecidedBy}
}

type partnerOutput struct{ Body Partner }

func (a *API) partners() {
	read, write := []live.Action{live.ActReferralRead}, []live.Action{live.ActReferralWrite}
	const tag = "Referral"
	add(a, Route{
		ID: "apply-partner", Method: "POST", Path: "/v1/partners", Tag: tag, Summary: "Apply to become a partner",
		Text: "Applied for already it is answered with where it stands.", Actions: []live.Action{live.ActShare}, status: 201, body: NewPartner{}, optional: true,
		example: map[string]any{"person_id": "u1", "note": "runs three parents' groups"},
	}, a.applyPartner)
	add(a, Route{ID: "list-partners", Method: "GET", Path: "/v1/partners", Tag: tag, Summary: "List partners and who applied", Actions: read}, a.listPartners)
	for _, turn := range []struct {
		id, word, summary, text string
		to                      live.PartnerState
	}{
		{"approve-partner", "approve", "Approve a partner", "It brings them to the rung of partners.", live.PartnerStateApproved},
		{"reject-partner", "reject", "Reject an application", "They may apply again.", live.PartnerStateRejected},
		{"suspend-partner", "suspend", "Suspend a partner", "It takes them off the rung of partners; they may be approved again.", live.PartnerStateSuspended},
	} {
		add(a, Route{
			ID: turn.id, Method: "POST", Path: "/v1/partners/{person_id}/" + turn.word, Tag: tag, Summary: turn.summary, Text: turn.text + " A wrong turn is 409 `wrong_state`.",
			Actions: write, body: NewUndo{}, example: map[string]any{"reason": "reached 10,000 in three months"},
		}, a.decidePartner(turn.to))
	}
}

func (a *API) applyPartner(ctx context.Context, p live.Principal, in *rawBody) (*partnerOutput, error) {
	var b NewPartner
	if len(in.RawBody) > 0 {
		var err error
		if b, err = decode[NewPartner](in.RawBody); err != nil {
			return nil, err
		}
	}
	m, person, err := sharer(p, b.MerchantID, b.PersonID)
	if err != nil {
		return nil, err
	}
	if err := reasonOf("note", b.Note); err != nil {
		return nil, err
	}
	found, err := a.cfg.Store.ApplyPartner(ctx, m, person, b.Note, p)
	if err != nil {
		return nil, err
	}
	return &partnerOutput{partnerOf(found)}, nil
}

func (a *API) listPartners(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	State      string `query:"state" enum:"applied,approved,rejected,suspended"`
},
) (*listOutput[Partner], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Partners(ctx, store.PartnerFilter{Merchant: m, State: live.PartnerState(in.State), Cursor: in.Cursor, Limit: in.Limit})
	if err != nil {
		return nil, err
	}
	return listOf(list, next, partnerOf), nil
}

// partnerTurn is what a decision takes.
type partnerTurn struct {
	PersonPath
	rawBody
}

func (a *API) decidePartner(to live.PartnerState) func(context.Context, live.Principal, *partnerTurn) (*partnerOutput, error) {
	return func(ctx context.Context, p live.Principal, in *partnerTurn) (*partnerOutput, error) {
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
		found, err := a.cfg.Store.MovePartner(ctx, m, person, to, b.Reason, p)
		if err != nil {
			return nil, err
		}
		return &partnerOutput{partnerOf(found)}, nil
	}
}
