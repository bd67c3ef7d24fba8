package api

import (
	"context"

	"showrunner/live"
)

// NewLink is the body of POST /v1/identity/links.
type NewLink struct {
	Identifiers []NewIdentifier `json:"identifiers" minItems:"1" maxItems:"20"`
	Evidence    string          `json:"evidence" minLength:"1" maxLength:"200" doc:"How it is known, such as the number of a call."`
	MerchantID  string          `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// NewIdentifier is one name of a person.
type NewIdentifier struct {
	Kind   string `json:"kind" enum:"anonymous,login,platform,phone"`
	Issuer string `json:"issuer,omitempty" doc:"Of kind platform: which one."`
	Value  string `json:"value" maxLength:"256" doc:"Names of platforms and phones are kept as keyed hashes only."`
}

// NewMerge is the body of POST /v1/identity/merges.
type NewMerge struct {
	PersonID   string `json:"person_id"`
	Other      string `json:"other_person_id"`
	Evidence   string `json:"evidence" minLength:"1" maxLength:"200"`
	MerchantID string `json:"merchant_id,omitempty" doc:"Only needed of an admin's token."`
}

// NewUndo is the body of POST /v1/identity/merges/{merge}/undo.
type NewUndo struct {
	Reason string `json:"reason" minLength:"1" maxLength:"200"`
}

// OnePerson is the name that stands for a person.
type OnePerson struct {
	PersonID string `json:"person_id"`
}

// Merge is an entry of the log of who is who.
type Merge struct {
	N        int64  `json:"merge"`
	A        string `json:"person_id"`
	B        string `json:"other_person_id"`
	Undoes   int64  `json:"undoes,omitempty" doc:"The entry this one undoes."`
	Evidence string `json:"evidence"`
}

type onePersonOutput struct{ Body OnePerson }

func (a *API) identities() {
	write := []live.Action{live.ActPeopleWrite}
	const tag = "People"
	add(a, Route{
		ID: "link-identities", Method: "POST", Path: "/v1/identity/links", Tag: tag, Summary: "Say that several names are one person's",
		Text: "Values that name nobody, such as zeros, are left out. What would give one person more names of a kind than a person has (one login, five of anything else) is 409 `identity_limit`. " +
			"Orders, figures of buyers and the ladder follow; `metric_corrected` says what changed.",
		Actions: write, body: NewLink{},
		example: map[string]any{"identifiers": []any{map[string]any{"kind": "login", "value": "u1"}, map[string]any{"kind": "anonymous", "value": "device-7"}}, "evidence": "call 4711"},
	}, a.linkIdentities)
	add(a, Route{
		ID: "merge-people", Method: "POST", Path: "/v1/identity/merges", Tag: tag, Summary: "Join two people who are one",
		Text: "The same by the names under which people stand here.", Actions: write, body: NewMerge{}, errors: []int{404},
		example: map[string]any{"person_id": "u1", "other_person_id": "device-7", "evidence": "call 4711"},
	}, a.mergePeople)
	add(a, Route{
		ID: "list-merges", Method: "GET", Path: "/v1/identity/merges", Tag: tag, Summary: "Read the log of who is who, latest first", Actions: []live.Action{live.ActIdentityRead},
	}, a.listMerges)
	add(a, Route{
		ID: "undo-merge", Method: "POST", Path: "/v1/identity/merges/{merge}/undo", Tag: tag, Summary: "Part two people who were taken for one",
		Text:    "What only this entry joined are two people again; orders go back to whom they were made by, and both stand on the ladder as each did alone.",
		Actions: write, body: NewUndo{}, status: 204, example: map[string]any{"reason": "two customers of one phone"},
	}, a.undoMerge)
}

func (a *API) linkIdentities(ctx context.Context, p live.Principal, in *rawBody) (*onePersonOutput, error) {
	b, err := decode[NewLink](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := firstOf(evidence("evidence", b.Evidence)); err != nil {
		return nil, err
	}
	ids := make([]live.Identifier, len(b.Identifiers))
	for i, n := range b.Identifiers {
		ids[i] = live.Identifier{Kind: live.IdentityKind(n.Kind), Issuer: n.Issuer, Value: n.Value}
	}
	one, err := a.cfg.Store.LinkNames(ctx, m, ids, b.Evidence, p.Actor())
	if err != nil {
		return nil, err
	}
	return &onePersonOutput{OnePerson{string(one)}}, nil
}

// evidence checks the words in which somebody says why.
func evidence(field, text string) error {
	if text == "" {
		return live.Invalid("invalid_field", field, "must be 1 to %d characters", maxReason)
	}
	return reasonOf(field, text)
}

func reasonOf(field, text string) error {
	if err := reason(text); err != nil {
		return live.Invalid("invalid_field", field, "must be at most %d characters", maxReason)
	}
	return nil
}

func (a *API) mergePeople(ctx context.Context, p live.Principal, in *rawBody) (*onePersonOutput, error) {
	b, err := decode[NewMerge](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, b.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := firstOf(id("person_id", b.PersonID, true), id("other_person_id", b.Other, true), evidence("evidence", b.Evidence)); err != nil {
		return nil, err
	}
	one, err := a.cfg.Store.JoinPersons(ctx, m, live.PersonID(b.PersonID), live.PersonID(b.Other), b.Evidence, p.Actor())
	if err != nil {
		return nil, err
	}
	return &onePersonOutput{OnePerson{string(one)}}, nil
}

func (a *API) listMerges(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[Merge], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.MergesPage(ctx, m, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, func(e live.Merge) Merge { return Merge{e.N, string(e.A), string(e.B), e.Undoes, e.Evidence} }), nil
}

func (a *API) undoMerge(ctx context.Context, p live.Principal, in *struct {
	Merge      int64  `path:"merge" minimum:"1"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	rawBody
},
) (*nothing, error) {
	b, err := decode[NewUndo](in.RawBody)
	if err != nil {
		return nil, err
	}
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if err := evidence("reason", b.Reason); err != nil {
		return nil, err
	}
	return &nothing{}, a.cfg.Store.Unmerge(ctx, m, in.Merge, b.Reason, p.Actor())
}
