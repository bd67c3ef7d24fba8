package api

import (
	"context"
	"strings"

	"showrunner/live"
)

// Draw is what is public of a lucky draw: all that is needed to check it once it
// is over, by docs/fairness.md.
type Draw struct {
	DrawID        string   `json:"draw_id"`
	ShowID        string   `json:"show_id"`
	RoomID        string   `json:"room_id"`
	Rehearsal     bool     `json:"rehearsal"`
	State         string   `json:"state" enum:"open,closed,drawn,cancelled"`
	Prize         string   `json:"prize"`
	PrizeMinor    int64    `json:"prize_minor" doc:"Value of one prize."`
	Currency      string   `json:"currency"`
	WinnersWanted int64    `json:"winners_wanted"`
	Rules         string   `json:"rules" doc:"The announced rules, as one text of JSON."`
	RuleHash      string   `json:"rule_hash" doc:"SHA-256 of rules, in hex."`
	SeedCommit    string   `json:"seed_commit" doc:"SHA-256 of the seed, in hex; published before anybody could enter."`
	Seed          string   `json:"seed,omitempty" doc:"In hex, once the draw is drawn or cancelled."`
	Entries       int64    `json:"entries"`
	EntriesHash   string   `json:"entries_hash,omitempty" doc:"SHA-256 of the answer of /entries, in hex, once entries are closed."`
	Winners       []string `json:"winners" doc:"Entries, the first winner first."`
	OpenedAt      Time     `json:"opened_at"`
	ClosesAt      Time     `json:"closes_at"`
	EndedAt       Time     `json:"ended_at,omitzero" doc:"Drawn or cancelled."`
	Reason        string   `json:"reason,omitempty" doc:"Of the cancellation."`
}

func drawOf(d live.Draw) Draw {
	return Draw{
		DrawID: d.ID, ShowID: string(d.Show), RoomID: string(d.Room), Rehearsal: d.Rehearsal, State: string(d.State), Prize: d.Rules.Prize,
		PrizeMinor: d.Rules.PrizeMinor, Currency: string(d.Rules.Currency), WinnersWanted: d.Rules.Winners, Rules: d.RulesText, RuleHash: d.RuleHash(),
		SeedCommit: d.SeedCommit, Seed: d.Seed, Entries: d.Entries, EntriesHash: d.EntriesHash, Winners: append([]string{}, d.Winners...),
		OpenedAt: Time{d.OpenedAt}, ClosesAt: Time{d.ClosesAt}, EndedAt: Time{d.EndedAt}, Reason: d.Reason,
	}
}

// Prize is a winner's prize.
type Prize struct {
	DrawID  string `json:"draw_id"`
	Entry   string `json:"entry"`
	State   string `json:"state" enum:"entered,won,claimed,forfeited"`
	ClaimBy Time   `json:"claim_by,omitzero"`
	Replay  bool   `json:"replay" doc:"It was claimed before."`
}

type (
	drawOutput  struct{ Body Draw }
	drawsOutput struct {
		Body struct {
			Items []Draw `json:"items"`
		}
	}
	entriesOutput struct {
		ContentType string `header:"Content-Type"`
		Body        []byte
	}
	prizeOutput struct{ Body Prize }
)

// DrawPath is the path of one draw.
type DrawPath struct {
	DrawID     string `path:"draw_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

func (a *API) draws() {
	const tag = "Draws"
	read := []live.Action{live.ActShelfRead}
	add(a, Route{
		ID: "list-draws", Method: "GET", Path: "/v1/shows/{show_id}/draws", Tag: tag, Summary: "List the lucky draws of a show",
		Text: "Those that were cancelled stay, with their seeds.", Actions: read,
	}, a.listDraws)
	add(a, Route{
		ID: "get-draw", Method: "GET", Path: "/v1/draws/{draw_id}", Tag: tag, Summary: "Read a lucky draw and its proof",
		Text: "docs/fairness.md tells how anybody computes the winners again.", Actions: read,
	}, a.getDraw)
	add(a, Route{
		ID: "get-draw-entries", Method: "GET", Path: "/v1/draws/{draw_id}/entries", Tag: tag, Summary: "Read the entries of a lucky draw",
		Text: "One a line, in ascending order; the SHA-256 of the answer is `entries_hash`. 409 `draw_open` until entries are closed.", Actions: read,
		output: "text/plain", errors: []int{409},
	}, a.getDrawEntries)
	add(a, Route{
		ID: "claim-prize", Method: "POST", Path: "/v1/draws/{draw_id}/claim", Tag: tag, Summary: "Claim the prize one won",
		Text: "Within 48 hours of the draw; then it is forfeited.", Actions: []live.Action{live.ActBenefit},
	}, a.claimPrize)
}

func (a *API) listDraws(ctx context.Context, p live.Principal, in *ShowPath) (*drawsOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.Draws(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	out := &drawsOutput{}
	out.Body.Items = make([]Draw, len(list))
	for i := range list {
		out.Body.Items[i] = drawOf(list[i])
	}
	return out, nil
}

// draw finds a draw in a room the caller's scope reaches.
func (a *API) draw(ctx context.Context, p live.Principal, in *DrawPath) (live.Draw, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return live.Draw{}, err
	}
	if !live.ValidID(in.DrawID) {
		return live.Draw{}, notFound("draw", in.DrawID)
	}
	d, err := a.cfg.Store.Draw(ctx, m, in.DrawID)
	if isNotFound(err) || err == nil && !p.Sees(d.Merchant, d.Room) {
		return live.Draw{}, notFound("draw", in.DrawID)
	}
	return d, err
}

func (a *API) getDraw(ctx context.Context, p live.Principal, in *DrawPath) (*drawOutput, error) {
	d, err := a.draw(ctx, p, in)
	if err != nil {
		return nil, err
	}
	return &drawOutput{drawOf(d)}, nil
}

func (a *API) getDrawEntries(ctx context.Context, p live.Principal, in *DrawPath) (*entriesOutput, error) {
	d, err := a.draw(ctx, p, in)
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.DrawEntries(ctx, d.Merchant, d.ID)
	if err != nil {
		return nil, err
	}
	out := &entriesOutput{ContentType: "text/plain; charset=utf-8"}
	if len(list) > 0 {
		out.Body = []byte(strings.Join(list, "\n") + "\n")
	}
	return out, nil
}

func (a *API) claimPrize(ctx context.Context, p live.Principal, in *DrawPath) (*prizeOutput, error) {
	d, err := a.draw(ctx, p, in)
	if err != nil {
		return nil, err
	}
	e, err := a.cfg.Store.ClaimPrize(ctx, d.ID, p)
	if err != nil {
		return nil, err
	}
	return &prizeOutput{Prize{DrawID: e.Draw, Entry: e.Entry, State: string(e.State), ClaimBy: Time{e.ClaimBy}, Replay: e.Replay}}, nil
}
