package sim

import (
	"fmt"
	"time"

	"showrunner/live"
)

// do adds a deed of a person under one of their names.
func (s *Season) do(d Deed) {
	s.ids++
	d.ID = fmt.Sprintf("e%d", s.ids)
	d.Name = s.rng.IntN(len(s.Persons[d.Who].Names))
	if d.Act == ActApply || d.Act == ActApprove || d.Act == ActSuspend {
		d.Name = 0 // Who decides on partners knows who they are.
	}
	s.Deeds = append(s.Deeds, d)
}

func (s *Season) chance(percent int) bool { return s.rng.IntN(100) < percent }

func pickOf[T any](s *Season, list ...T) T { return list[s.rng.IntN(len(list))] }

// live draws a person's days.
func (s *Season) live(who int) {
	arrival := s.rng.IntN(SeasonDays - 5)
	loyal := 4 + s.rng.IntN(30)
	switch s.rng.IntN(4) {
	case 0:
		s.do(Deed{At: s.at(arrival, 9), Act: ActFact, Kind: "ad_clicked", Who: who, Channel: "ads/feed", Told: true, Cost: 20 + s.rng.Int64N(200)})
	case 1:
		s.join(who, arrival)
	case 2:
		s.follow(who, arrival)
	}
	for day := arrival; day < SeasonDays; day++ {
		if day == arrival || s.chance(loyal) {
			s.visit(who, day)
		}
		if s.chance(6) {
			s.serve(who, day)
		}
	}
	if s.chance(50) {
		s.join(who, arrival+s.rng.IntN(SeasonDays-arrival))
	}
	if s.chance(30) {
		s.follow(who, arrival+s.rng.IntN(SeasonDays-arrival))
	}
	if s.chance(20) {
		s.partner(who, arrival+s.rng.IntN(SeasonDays-arrival))
	}
	for range 2 {
		if s.chance(25) {
			s.do(Deed{
				At: s.at(s.rng.IntN(SeasonDays), 6), Act: ActFact, Kind: live.HoldoutAssigned, Who: who, Told: true,
				Experiment: pickOf(s, "x1", "x2"), Control: s.chance(40),
			})
		}
	}
}

// visit comes into the room, in a show or outside, and perhaps buys.
func (s *Season) visit(who, day int) {
	at, show := s.at(day, 10+s.rng.IntN(8)), live.ShowID("")
	if a := s.airing(day); a != nil && s.chance(80) {
		at, show = a.Start.Add(2*time.Minute+time.Duration(s.rng.IntN(50*60_000))*time.Millisecond), a.ID
	}
	channel := pickOf(s, "", "", "private/group", "ads/feed", "search")
	in := Deed{At: at, Act: ActFact, Kind: live.RoomEntered, Who: who, Show: show, Ref: SeasonRoom, Channel: channel}
	if show != "" {
		in.Ref = string(show)
		if s.chance(50) {
			in.Act = ActEnter
		}
	}
	s.do(in)
	switch s.rng.IntN(8) {
	case 0:
		s.do(Deed{At: at.Add(time.Minute), Act: ActFact, Kind: live.Followed, Who: who, Show: show})
	case 1:
		s.do(Deed{At: at.Add(time.Minute), Act: ActFact, Kind: live.Unfollowed, Who: who, Show: show})
	case 2:
		ref := SeasonRoom
		if show != "" {
			ref = string(show)
		}
		s.do(Deed{At: at.Add(time.Minute), Act: ActFact, Kind: "show_reserved", Who: who, Show: show, Ref: ref})
	}
	if s.chance(35) {
		s.buy(who, day, show, at.Add(2*time.Minute))
	}
}

// buy makes an order and draws its fate.
func (s *Season) buy(who, day int, show live.ShowID, at time.Time) {
	order := Deed{
		At: at, Act: ActOrder, Kind: live.OrderCreated, Who: who, Show: show, Order: fmt.Sprintf("o%d", s.ids),
		Minor: 100 + s.rng.Int64N(30_000), BPS: pickOf[int64](s, 0, 500, 333, 1250),
	}
	s.do(order)
	if s.chance(10) {
		return // never paid
	}
	then := func(act SeasonAct, kind live.Kind, at time.Time, minor int64) {
		s.do(Deed{At: at, Act: act, Kind: kind, Who: who, Show: show, Order: order.Order, Minor: minor})
	}
	paid := at.Add(time.Duration(1+s.rng.IntN(300_000)) * time.Millisecond)
	then(ActPay, live.OrderPaid, paid, order.Minor)
	later := func() time.Time { return s.at(min(SeasonDays-1, day+1+s.rng.IntN(12)), 8+s.rng.IntN(10)) }
	if day == SeasonDays-1 {
		return
	}
	switch s.rng.IntN(8) {
	case 0:
		then(ActRefund, live.RefundSucceeded, later(), order.Minor)
	case 1:
		part := 1 + s.rng.Int64N(order.Minor-1)
		first := later()
		then(ActRefund, live.RefundSucceeded, first, part)
		if s.chance(50) { // and then the rest
			then(ActRefund, live.RefundSucceeded, first.Add(time.Duration(1+s.rng.IntN(60))*time.Minute), order.Minor-part)
		}
	case 2:
		then(ActCancel, live.OrderCancelled, paid.Add(time.Minute), 0)
	}
}

// join comes into an agent's group, and perhaps goes again.
func (s *Season) join(who, day int) {
	group, agent := "g"+fmt.Sprint(s.rng.IntN(3)), "agent-"+fmt.Sprint(s.rng.IntN(3))
	at := s.at(day, 7)
	s.do(Deed{
		At: at, Act: ActFact, Kind: "group_joined", Who: who, Ref: group, Agent: agent, Told: s.chance(50),
		Channel: pickOf(s, "", "private/group"), Scene: pickOf(s, "", "link", "qr"),
	})
	if s.chance(40) {
		s.do(Deed{At: at.Add(20 * time.Minute), Act: ActFact, Kind: "group_message_clicked", Who: who, Ref: group})
	}
	if s.chance(30) {
		s.do(Deed{At: at.Add(40 * time.Minute), Act: ActFact, Kind: "group_left", Who: who, Ref: group})
	}
}

// serve is an agent's or the CRM's way with a person.
func (s *Season) serve(who, day int) {
	agent, at := "agent-"+fmt.Sprint(s.rng.IntN(3)), s.at(day, 12)
	switch s.rng.IntN(5) {
	case 0:
		s.do(Deed{At: at, Act: ActFact, Kind: "contact_added", Who: who, Ref: agent, Agent: agent, Told: true})
	case 1:
		s.do(Deed{At: at, Act: ActFact, Kind: "service_session_started", Who: who, Ref: "s" + fmt.Sprint(s.ids), Agent: agent, Told: true})
	case 2:
		s.do(Deed{At: at, Act: ActFact, Kind: "touch_sent", Who: who, Agent: agent, Told: true, Cost: s.rng.Int64N(3) * 10})
	case 3:
		s.do(Deed{At: at, Act: ActFact, Kind: "lead_captured", Who: who, Ref: "f" + fmt.Sprint(s.rng.IntN(2)), Told: true})
	case 4:
		s.do(Deed{At: at, Act: ActFact, Kind: "contact_lost", Who: who, Told: true})
	}
}

// follow goes by the link of somebody else, each pair once.
func (s *Season) follow(who, day int) {
	other := s.rng.IntN(len(s.Persons))
	if other == who || s.followed[[2]int{who, other}] {
		return
	}
	s.followed[[2]int{who, other}] = true
	s.do(Deed{At: s.at(day, 8), Act: ActFollow, Kind: "referral_clicked", Who: who, Other: other, OtherName: s.rng.IntN(len(s.Persons[other].Names))})
}

// partner applies, is approved and perhaps suspended, and perhaps approved again.
func (s *Season) partner(who, day int) {
	at := s.at(day, 15)
	for i, act := range []SeasonAct{ActApply, ActApprove, ActSuspend, ActApprove} {
		if i > 1 && s.chance(50) {
			return
		}
		s.do(Deed{At: at.Add(time.Duration(i) * time.Minute), Act: act, Who: who, Kind: map[SeasonAct]live.Kind{
			ActApply: live.PartnerApplied, ActApprove: live.PartnerApproved, ActSuspend: live.PartnerSuspended,
		}[act]})
	}
}
