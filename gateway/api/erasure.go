package api

import (
	"context"

	"showrunner/live"
	"showrunner/live/store"
)

// Erasure is a person who was forgotten.
type Erasure struct {
	ID       string `json:"erasure_id"`
	PersonID string `json:"person_id" doc:"The name that stands for them now; it is made of chance."`
	Names    int64  `json:"names" doc:"That they had."`
	Reason   string `json:"reason"`
	By       string `json:"asked_by"`
	AskedAt  Time   `json:"asked_at"`
	FactsAt  *Time  `json:"facts_at,omitempty" doc:"When the facts kept for reports had the new names too. Left out: not so far, and the old names are kept for it."`
}

type erasureOutput struct{ Body Erasure }

func erasureOf(e store.Erasure) Erasure {
	return Erasure{e.ID, string(e.Person), e.Names, e.Reason, e.By, Time{e.AskedAt}, timeOf(e.FactsAt)}
}

func (a *API) erasures() {
	erase := []live.Action{live.ActPeopleErase}
	add(a, Route{
		ID: "erase-person", Method: "POST", Path: "/v1/people/{person_id}/erase", Tag: "People", Summary: "Forget a person for good",
		Text: "Each of their names is replaced by one made of chance wherever it is kept, and free text of theirs is emptied: at once in what the server decides by, and within moments in the facts " +
			"kept for reports. Sums, figures and the ladder stay as they are to the cent. It cannot be undone. The audit keeps what staff did; the log keeps facts until it is trimmed.",
		Actions: erase, body: NewUndo{}, example: map[string]any{"reason": "asked by mail on 2 January"},
	}, a.erasePerson)
	add(a, Route{ID: "list-erasures", Method: "GET", Path: "/v1/erasures", Tag: "People", Summary: "List who was forgotten, last first", Actions: []live.Action{live.ActPeopleErase, live.ActAudit}}, a.listErasures)
}

func (a *API) erasePerson(ctx context.Context, p live.Principal, in *struct {
	PersonPath
	rawBody
},
) (*erasureOutput, error) {
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
	e, err := a.cfg.Store.ErasePerson(ctx, m, person, b.Reason, p.Actor())
	if err != nil {
		return nil, err
	}
	return &erasureOutput{erasureOf(e)}, nil
}

func (a *API) listErasures(ctx context.Context, p live.Principal, in *struct {
	Page
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
},
) (*listOutput[Erasure], error) {
	m, err := ofMerchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Erasures(ctx, m, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	return listOf(list, next, erasureOf), nil
}
