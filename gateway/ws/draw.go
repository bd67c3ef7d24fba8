package ws

import (
	"time"

	"showrunner/live"
)

// packetJSON is the red packet that runs or counts down.
type packetJSON struct {
	ID         string        `json:"packet_id"`
	Total      int64         `json:"total_minor"`
	Count      int64         `json:"count"`
	Currency   live.Currency `json:"currency"`
	PerPerson  int64         `json:"per_person"`
	MonthLimit int64         `json:"month_limit,omitempty"`
	Minutes    int64         `json:"watch_minutes,omitempty"`
	Follow     bool          `json:"follow,omitempty"`
	Claimed    int64         `json:"claimed"`
	SeedCommit string        `json:"seed_commit"`
	TermsHash  string        `json:"terms_hash"`
	OpensAt    string        `json:"opens_at"`
	ClosesAt   string        `json:"closes_at"`
}

func packetOf(p *live.RedPacket) *packetJSON {
	if p == nil {
		return nil
	}
	return &packetJSON{
		ID: p.ID, Total: p.Total, Count: p.Count, Currency: p.Currency, PerPerson: p.PerPerson, MonthLimit: p.MonthLimit,
		Minutes: int64(p.WatchTime / time.Minute), Follow: p.Follow, Claimed: p.Claimed, SeedCommit: p.SeedCommit,
		TermsHash: p.TermsHash(), OpensAt: stamp(p.OpensAt), ClosesAt: stamp(p.ClosesAt),
	}
}

// drawJSON is the draw that is open, or closed and not drawn. It has no member
// for the seed.
type drawJSON struct {
	ID          string         `json:"draw_id"`
	State       live.DrawState `json:"state"`
	Prize       string         `json:"prize"`
	PrizeMinor  int64          `json:"prize_minor"`
	Currency    live.Currency  `json:"currency"`
	Winners     int64          `json:"winners_wanted"`
	Task        live.Task      `json:"task"`
	Minutes     int64          `json:"task_minutes,omitempty"`
	Rules       string         `json:"rules"`
	RuleHash    string         `json:"rule_hash"`
	SeedCommit  string         `json:"seed_commit"`
	Entries     int64          `json:"entries"`
	EntriesHash string         `json:"entries_hash,omitempty"`
	ClosesAt    string         `json:"closes_at"`
}

func drawOf(d *live.Draw) *drawJSON {
	if d == nil {
		return nil
	}
	return &drawJSON{
		ID: d.ID, State: d.State, Prize: d.Rules.Prize, PrizeMinor: d.Rules.PrizeMinor, Currency: d.Rules.Currency, Winners: d.Rules.Winners,
		Task: d.Rules.Task, Minutes: d.Rules.TaskMinutes, Rules: d.RulesText, RuleHash: d.RuleHash(), SeedCommit: d.SeedCommit,
		Entries: d.Entries, EntriesHash: d.EntriesHash, ClosesAt: stamp(d.ClosesAt),
	}
}

type shareJSON struct {
	PacketID string        `json:"packet_id"`
	Number   int64         `json:"n"`
	Minor    int64         `json:"amount_minor"`
	Currency live.Currency `json:"currency"`
	Entry    string        `json:"entry"`
	Nonce    string        `json:"nonce"`
	Link     string        `json:"link"`
	Replay   bool          `json:"replay"`
}

// claimPacket takes the next share of the red packet; the frame's event_id makes
// it idempotent.
func (c *conn) claimPacket(q request) (any, error) {
	var d struct {
		Packet string `json:"packet_id"`
	}
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	if err := named("packet_id", d.Packet); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	s, err := c.srv.deps.Store.ClaimPacket(ctx, live.ClaimPacket{
		Room: c.room.ID, Packet: d.Packet, By: c.who, Claim: string(q.EventID), Channel: c.channel, Campaign: c.campaign,
	})
	if err != nil {
		return nil, err
	}
	return shareJSON{PacketID: s.Packet, Number: s.Number, Minor: s.Minor, Currency: s.Currency, Entry: s.Entry, Nonce: s.Nonce, Link: s.Link, Replay: s.Replay}, nil
}

type entryJSON struct {
	DrawID  string          `json:"draw_id"`
	Entry   string          `json:"entry"`
	Nonce   string          `json:"nonce"`
	State   live.EntryState `json:"state"`
	ClaimBy string          `json:"claim_by,omitempty"`
	Replay  bool            `json:"replay"`
}

// enterDraw takes part in the draw. Once a person has an entry they are told it
// again.
func (c *conn) enterDraw(q request) (any, error) {
	var d struct {
		Draw  string `json:"draw_id"`
		Nonce string `json:"nonce"`
	}
	if err := strict(q.Data, &d); err != nil {
		return nil, err
	}
	if err := named("draw_id", d.Draw); err != nil {
		return nil, err
	}
	ctx, cancel := c.srv.deadline()
	defer cancel()
	e, err := c.srv.deps.Store.EnterDraw(ctx, live.EnterDraw{
		Room: c.room.ID, Draw: d.Draw, By: c.who, Nonce: d.Nonce, Channel: c.channel, Campaign: c.campaign,
	})
	if err != nil {
		return nil, err
	}
	return entryJSON{DrawID: e.Draw, Entry: e.Entry, Nonce: e.Nonce, State: e.State, ClaimBy: optional(e.ClaimBy), Replay: e.Replay}, nil
}
