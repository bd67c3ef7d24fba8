package api

import (
	"context"
	"encoding/json"

	"github.com/danielgtaylor/huma/v2"

	"showrunner/live"
)

// Bot is the last word on one person in a show.
type Bot struct {
	PersonID string   `json:"person_id"`
	Flagged  bool     `json:"flagged" doc:"Left out of the published figures; false: was, and is back in."`
	By       string   `json:"by" enum:"rules,operator" doc:"Whose word it is. The rules do not speak against an operator's."`
	Score    int      `json:"score" doc:"What the rules that fired weigh together."`
	Rules    BotRules `json:"rules" doc:"Which fired, what each weighs, and how often it fired; see docs/bots.md."`
	Reason   string   `json:"reason,omitempty"`
	At       Time     `json:"at"`
}

// BotRules is the list of rules that weigh against somebody, as they were stated.
type BotRules struct{ json.RawMessage }

// Schema describes the rules in the OpenAPI document.
func (BotRules) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeArray, Items: object(map[string]*huma.Schema{
		"rule": {Type: huma.TypeString}, "points": {Type: huma.TypeInteger}, "times": {Type: huma.TypeInteger},
	})}
}

type botsOutput struct {
	Body struct {
		Items      []Bot  `json:"items"`
		NextCursor string `json:"next_cursor,omitempty"`
	}
}

func (a *API) bots() {
	add(a, Route{
		ID: "get-bots", Method: "GET", Path: "/v1/shows/{show_id}/bots", Tag: "Figures", Summary: "List who is, or was, flagged as a bot in a show",
		Text:    "The commands flag_bot and unflag_bot change it, also after the show; figures follow, back to its start, and metric_corrected tells what they were.",
		Actions: []live.Action{live.FlagBot.Action()},
	}, a.getBots)
}

func (a *API) getBots(ctx context.Context, p live.Principal, in *struct {
	ShowPath
	Cursor string `query:"cursor" maxLength:"128" doc:"Of the page before."`
	Limit  int    `query:"limit" minimum:"0" maximum:"500" doc:"Rows of a page; 0 is 50."`
},
) (*botsOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	list, next, err := a.cfg.Store.Bots(ctx, s.ID, in.Cursor, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &botsOutput{}
	out.Body.Items, out.Body.NextCursor = make([]Bot, len(list)), next
	for i, b := range list {
		by := "rules"
		if b.ByOperator {
			by = "operator"
		}
		out.Body.Items[i] = Bot{string(b.Person), b.Flagged, by, b.Score, BotRules{b.Rules}, b.Reason, Time{b.At}}
	}
	return out, nil
}
