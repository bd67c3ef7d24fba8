package api

import (
	"context"
	"maps"
	"slices"

	"showrunner/conversion"
	"showrunner/conversion/care/desk"
	"showrunner/conversion/care/guard"
	"showrunner/conversion/care/temperature"
	"showrunner/live"
)

// Scorecards is how agents serve.
type Scorecards struct {
	Span
	Window  string           `json:"window" doc:"How long before a payment service counts, in assisted."`
	Version int64            `json:"rule_version" doc:"Of the rules of temperatures."`
	Items   []AgentScorecard `json:"items" doc:"By agent_id; with an agent's own token theirs alone."`
}

// AgentScorecard is how one agent serves.
type AgentScorecard struct {
	AgentID  string          `json:"agent_id"`
	Name     string          `json:"name,omitempty"`
	Sessions int64           `json:"sessions" doc:"Opened in the range, of which they are the last agent."`
	Median   *int64          `json:"first_response_median_ms" nullable:"true" doc:"Null: they answered in none."`
	P95      *int64          `json:"first_response_p95_ms" nullable:"true"`
	Rates    []ScoreRate     `json:"rates"`
	Personas []ScorePersona  `json:"personas"`
	Assisted []ScoreAssisted `json:"assisted" doc:"As GET /v1/service/assisted has it of the agent, by currency."`
	Felt     Temperature     `json:"felt" doc:"As GET /v1/temperature has it of the agent."`
}

// ScoreRate is a rate of an agent with what it was made of. Times are milliseconds.
type ScoreRate struct {
	Key         string   `json:"key" enum:"first_response_time,first_response_kept,reply_rate,resolution_time,resolved_rate,csat,csat_participation,reopen_rate,transfer_rate,agent_care_to_sell"`
	Numerator   int64    `json:"numerator"`
	Denominator int64    `json:"denominator"`
	Value       *float64 `json:"value" doc:"Null while the denominator is 0."`
}

// ScorePersona are the sessions of an agent in which one persona was asked for.
type ScorePersona struct {
	Persona  string `json:"persona" enum:",expert,account_manager,product,after_sale" doc:"Empty: any."`
	Sessions int64  `json:"sessions"`
}

// ScoreAssisted is what orders are worth whose buyer the agent had served.
type ScoreAssisted struct {
	Currency string `json:"currency"`
	Orders   int64  `json:"service_assisted_orders"`
	GMV      *int64 `json:"service_assisted_gmv_minor,omitempty" doc:"Only for roles that may see money."`
	Share    *Rate  `json:"service_assisted_share,omitempty"`
}

type (
	scorecardsOutput struct{ Body Scorecards }
	scorecardOutput  struct {
		Body struct {
			Span
			Window  string         `json:"window"`
			Version int64          `json:"rule_version"`
			Card    AgentScorecard `json:"card"`
		}
	}
)

// ScoreQuery is the query of scorecards.
type ScoreQuery struct {
	From       string `query:"from" doc:"First day, as 2026-01-02; 30 days with the last one when left out." format:"date"`
	To         string `query:"to" doc:"Last day; today when left out." format:"date"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
	TimeZone   string `query:"time_zone" doc:"IANA name; the one that all rooms of the merchant share, when left out." maxLength:"64"`
	Window     string `query:"window" enum:"24h,72h,168h" default:"72h"`
}

func (a *API) scorecards() {
	read := []live.Action{live.ActScorecard}
	add(a, Route{
		ID: "list-scorecards", Method: "GET", Path: "/v1/agents/scorecards", Tag: serviceTag, Summary: "Read how all agents serve",
		Text:    "Who is on the list of agents, and whoever else served in the range. Sessions by when they were opened, messages by when they were written, money by the day of payment. Agents read their own alone, without money.",
		Actions: read,
	}, a.listScorecards)
	add(a, Route{
		ID: "get-scorecard", Method: "GET", Path: "/v1/agents/{agent_id}/scorecard", Tag: serviceTag, Summary: "Read how one agent serves",
		Text: "The same of one; for an agent there is no other than they themselves.", Actions: read,
	}, a.getScorecard)
}

func (a *API) listScorecards(ctx context.Context, p live.Principal, in *ScoreQuery) (*scorecardsOutput, error) {
	out, err := a.scored(ctx, p, in, mine(p))
	if err != nil {
		return nil, err
	}
	return &scorecardsOutput{*out}, nil
}

func (a *API) getScorecard(ctx context.Context, p live.Principal, in *struct {
	ServiceAgentPath
	ScoreQuery
},
) (*scorecardOutput, error) {
	if own := mine(p); own != "" && own != in.AgentID || !live.ValidID(in.AgentID) {
		return nil, live.NotFound("agent_not_found", "there is no such agent")
	}
	list, err := a.scored(ctx, p, &in.ScoreQuery, in.AgentID)
	if err != nil {
		return nil, err
	}
	if len(list.Items) == 0 {
		return nil, live.NotFound("agent_not_found", "there is no such agent")
	}
	out := &scorecardOutput{}
	out.Body.Span, out.Body.Window, out.Body.Version, out.Body.Card = list.Span, list.Window, list.Version, list.Items[0]
	return out, nil
}

// scored makes the cards of one agent, or of all when none is named.
func (a *API) scored(ctx context.Context, p live.Principal, in *ScoreQuery, agent string) (*Scorecards, error) {
	if _, err := ofMerchant(p, in.MerchantID); err != nil {
		return nil, err
	}
	scope, from, until, span, err := a.days(ctx, p, &RangeQuery{From: in.From, To: in.To, MerchantID: in.MerchantID, TimeZone: in.TimeZone}, assistDays)
	if err != nil {
		return nil, err
	}
	window, err := assistWindow(in.Window)
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Guard.Rules(ctx, scope.Merchant)
	if err != nil {
		return nil, err
	}
	m := &marks{money: p.May(live.ActMoney), rules: &k.Rules, cards: map[string]*AgentScorecard{}, words: map[string][2]int64{}, scores: map[string]desk.Score{}}
	roster, err := a.cfg.Desk.Agents(ctx, scope.Merchant, p)
	if err != nil {
		return nil, err
	}
	for _, x := range roster {
		m.card(x.ID).Name = x.Name
	}
	scores, err := a.cfg.Desk.Scores(ctx, desk.FigureFilter{Merchant: scope.Merchant, From: from, Until: until, Agent: agent})
	if err != nil {
		return nil, err
	}
	for _, s := range scores {
		m.scores[s.Agent] = s
		m.card(s.Agent)
	}
	first, end := conversion.DayOf(from, scope.Zone), conversion.DayOf(until, scope.Zone)
	words, err := a.cfg.GroupFigures.GroupWords(ctx, scope.Merchant, scope.Zone, first, end, nil)
	if err != nil {
		return nil, err
	}
	for _, w := range words {
		m.words[w.Agent] = [2]int64{w.Care, w.Sell}
		m.card(w.Agent)
	}
	totals, err := a.cfg.Retention.Assisted(ctx, conversion.AssistQuestion{Scope: scope, From: first, Until: end, Window: window, Agent: agent})
	if err != nil {
		return nil, err
	}
	m.assisted(totals)
	question := FeltQuestion(scope, from, until, &k.Rules, temperature.ByAgent)
	question.Key = agent
	rows, err := a.cfg.Care.Temperatures(ctx, question)
	if err != nil {
		return nil, err
	}
	for i := range rows {
		m.card(rows[i].Key).Felt = temperatureOf(&rows[i], &k.Rules.Temperature, k.Rules.Temperature.Least)
	}
	delete(m.cards, "") // what nobody did
	out := &Scorecards{Span: span, Window: in.Window, Version: k.Version, Items: []AgentScorecard{}}
	for _, id := range slices.Sorted(maps.Keys(m.cards)) {
		if agent == "" || id == agent {
			out.Items = append(out.Items, m.marked(id))
		}
	}
	return out, nil
}

// marks gathers the cards of agents while they are read.
type marks struct {
	money  bool
	rules  *guard.TouchRules
	cards  map[string]*AgentScorecard
	scores map[string]desk.Score
	words  map[string][2]int64 // in groups: that care, and that sell
}

// card is the card of an agent, which is made when it is first asked for.
func (m *marks) card(agent string) *AgentScorecard {
	c := m.cards[agent]
	if c == nil {
		c = &AgentScorecard{AgentID: agent, Rates: []ScoreRate{}, Personas: []ScorePersona{}, Assisted: []ScoreAssisted{}}
		c.Felt = temperatureOf(&temperature.Row{Key: agent}, &m.rules.Temperature, m.rules.Temperature.Least)
		m.cards[agent] = c
	}
	return c
}

// assisted shares out what service earned.
func (m *marks) assisted(totals []conversion.AssistTotal) {
	for i := range totals {
		t := &totals[i]
		for _, r := range t.Rows {
			if r.By != conversion.AssistByAgent {
				continue
			}
			x := ScoreAssisted{Currency: string(t.Currency), Orders: r.Orders}
			if m.money {
				net, share := r.Net, fraction(r.Net, t.Net)
				x.GMV, x.Share = &net, &share
			}
			c := m.card(r.Key)
			c.Assisted = append(c.Assisted, x)
		}
	}
}

// marked completes the card of an agent with the figures of the desk.
func (m *marks) marked(agent string) AgentScorecard {
	c, s, w := m.cards[agent], m.scores[agent], m.words[agent]
	c.Sessions = s.Sessions
	if s.Replied > 0 {
		c.Median, c.P95 = &s.ReplyMedian, &s.ReplyP95
	}
	for _, x := range s.Personas {
		c.Personas = append(c.Personas, ScorePersona{string(x.Persona), x.Sessions})
	}
	for _, x := range append(s.Rates(), desk.ScoreRate{Key: "agent_care_to_sell", Num: s.Care + w[0], Den: s.Sell + w[1]}) {
		c.Rates = append(c.Rates, ScoreRate(rateOf(x.Key, x.Num, x.Den)))
	}
	return *c
}
