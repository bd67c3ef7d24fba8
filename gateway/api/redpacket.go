package api

import (
	"context"
	"time"

	"showrunner/live"
)

// RedPacket is what is public of a red packet: all that is needed to check its
// split and its order once it is over, by docs/fairness.md.
type RedPacket struct {
	PacketID     string `json:"packet_id"`
	ShowID       string `json:"show_id"`
	RoomID       string `json:"room_id"`
	Rehearsal    bool   `json:"rehearsal"`
	State        string `json:"state" enum:"waiting,open,closed"`
	Total        int64  `json:"total_minor"`
	Count        int64  `json:"count" doc:"Shares."`
	Currency     string `json:"currency"`
	PerPerson    int64  `json:"per_person"`
	MonthLimit   int64  `json:"month_limit,omitempty"`
	WatchMinutes int64  `json:"watch_minutes,omitempty"`
	Follow       bool   `json:"follow,omitempty"`
	SeedCommit   string `json:"seed_commit" doc:"SHA-256 of the seed, in hex; published before anybody could take a share."`
	TermsHash    string `json:"terms_hash" doc:"The first link of the chain of claims: SHA-256 of what was announced."`
	Seed         string `json:"seed,omitempty" doc:"In hex, once it is closed."`
	Claimed      int64  `json:"claimed"`
	ClaimedMinor int64  `json:"claimed_minor"`
	Returned     int64  `json:"returned_minor" doc:"What nobody took; while it runs, what nobody has taken yet."`
	ClaimsHash   string `json:"claims_hash" doc:"The newest link of the chain of claims."`
	DroppedAt    Time   `json:"dropped_at"`
	OpensAt      Time   `json:"opens_at"`
	ClosesAt     Time   `json:"closes_at"`
	EndedAt      Time   `json:"ended_at,omitzero"`
	Reason       string `json:"reason,omitempty" enum:"exhausted,time,show_ended"`
}

// PacketShare is a share that somebody took. Nobody but they can tell by its
// entry who they are.
type PacketShare struct {
	Number int64  `json:"n" doc:"From 1, in the order in which they came."`
	Minor  int64  `json:"amount_minor"`
	Entry  string `json:"entry,omitempty" doc:"SHA-256 of packet_id, the person and the nonce they were told, each on a line."`
	Link   string `json:"link,omitempty" doc:"SHA-256 of the link before, n, amount_minor and entry, each on a line."`
	At     Time   `json:"taken_at"`
}

// PacketProof is a red packet with its shares.
type PacketProof struct {
	RedPacket
	Shares []PacketShare `json:"shares" doc:"Those that were taken, once it is closed."`
}

func packetOf(p *live.RedPacket, now time.Time) RedPacket {
	state := "open"
	switch {
	case !p.EndedAt.IsZero():
		state = "closed"
	case p.OpensAt.After(now):
		state = "waiting"
	}
	return RedPacket{
		PacketID: p.ID, ShowID: string(p.Show), RoomID: string(p.Room), Rehearsal: p.Rehearsal, State: state, Total: p.Total, Count: p.Count,
		Currency: string(p.Currency), PerPerson: p.PerPerson, MonthLimit: p.MonthLimit, WatchMinutes: int64(p.WatchTime / time.Minute), Follow: p.Follow,
		SeedCommit: p.SeedCommit, TermsHash: p.TermsHash(), Seed: p.Seed, Claimed: p.Claimed, ClaimedMinor: p.ClaimedMinor, Returned: p.Returned(),
		ClaimsHash: p.ClaimsHash, DroppedAt: Time{p.DroppedAt}, OpensAt: Time{p.OpensAt}, ClosesAt: Time{p.ClosesAt}, EndedAt: Time{p.EndedAt},
		Reason: string(p.Reason),
	}
}

type (
	packetOutput  struct{ Body PacketProof }
	packetsOutput struct {
		Body struct {
			Items []RedPacket `json:"items"`
		}
	}
)

// PacketPath is the path of one red packet.
type PacketPath struct {
	PacketID   string `path:"packet_id" maxLength:"128"`
	MerchantID string `query:"merchant_id" doc:"Needed of an admin's token."`
}

func (a *API) redPackets() {
	const tag = "Draws"
	read := []live.Action{live.ActShelfRead}
	add(a, Route{
		ID: "list-red-packets", Method: "GET", Path: "/v1/shows/{show_id}/red-packets", Tag: tag, Summary: "List the red packets of a show", Actions: read,
	}, a.listRedPackets)
	add(a, Route{
		ID: "get-red-packet", Method: "GET", Path: "/v1/red-packets/{packet_id}", Tag: tag, Summary: "Read a red packet and its proof",
		Text: "docs/fairness.md tells how anybody computes the split and the order again, from this answer alone.", Actions: read,
	}, a.getRedPacket)
}

func (a *API) listRedPackets(ctx context.Context, p live.Principal, in *ShowPath) (*packetsOutput, error) {
	s, err := a.show(ctx, p, live.ShowID(in.ShowID))
	if err != nil {
		return nil, err
	}
	list, err := a.cfg.Store.RedPackets(ctx, s.ID)
	if err != nil {
		return nil, err
	}
	out := &packetsOutput{}
	out.Body.Items = make([]RedPacket, len(list))
	for i := range list {
		out.Body.Items[i] = packetOf(&list[i], a.cfg.Now())
	}
	return out, nil
}

func (a *API) getRedPacket(ctx context.Context, p live.Principal, in *PacketPath) (*packetOutput, error) {
	m, err := merchant(p, in.MerchantID)
	if err != nil {
		return nil, err
	}
	if !live.ValidID(in.PacketID) {
		return nil, notFound("packet", in.PacketID)
	}
	got, shares, err := a.cfg.Store.RedPacket(ctx, m, in.PacketID)
	if isNotFound(err) || err == nil && !p.Sees(got.Merchant, got.Room) {
		return nil, notFound("packet", in.PacketID)
	}
	if err != nil {
		return nil, err
	}
	out := &packetOutput{PacketProof{packetOf(&got, a.cfg.Now()), make([]PacketShare, len(shares))}}
	for i, s := range shares {
		out.Body.Shares[i] = PacketShare{Number: s.Number, Minor: s.Minor, Entry: s.Entry, Link: s.Link, At: Time{s.At}}
	}
	return out, nil
}
