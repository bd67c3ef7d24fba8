package sim

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"showrunner/live"
)

// Cue is one command of the crew.
type Cue struct {
	Name    string // unique within the script; the seed of a command_id
	At      time.Duration
	By      live.Role // host or operator
	Command live.CommandName
	Args    Args
	// Person is the viewer a hide_comment or mute_viewer is about, as an index
	// into People; else -1. The player fills in what it saw them do.
	Person int
}

// Args are the arguments of a command as they travel.
type Args struct {
	Product  live.ProductID `json:"product_id,omitempty"`
	SKU      live.SKUID     `json:"sku_id,omitempty"`
	Title    string         `json:"title,omitempty"`
	Price    int64          `json:"price_minor,omitempty"`
	Currency live.Currency  `json:"currency,omitempty"`
	Stock    int64          `json:"stock,omitempty"`
	Rank     int            `json:"rank,omitempty"`
	Qty      int64          `json:"qty,omitempty"`
	Extend   bool           `json:"extend,omitempty"`
	Text     string         `json:"text,omitempty"`
	Comment  string         `json:"comment_id,omitempty"`
	Viewer   string         `json:"viewer_id,omitempty"`
	Seconds  int            `json:"duration_s,omitempty"`

	// Of benefits. The player names the batch and turns the countdown into
	// seconds of the real clock.
	Batch      string `json:"batch_id,omitempty"`
	Total      int64  `json:"total_minor,omitempty"`
	Count      int64  `json:"count,omitempty"`
	Prize      string `json:"prize,omitempty"`
	PrizeMinor int64  `json:"prize_minor,omitempty"`
	Winners    int64  `json:"winners,omitempty"`
	Reason     string `json:"reason,omitempty"`
	Countdown  *int64 `json:"countdown_s,omitempty"`
}

var (
	announcements = []string{
		"今晚全场包邮，48小时内发货", "下一款限量，先加购物车", "All orders of tonight ship within 48 hours.",
		"关注主播领新人券", "七天无理由，放心拍",
	}
	prompts = []string{
		"节奏可以快一点", "问尺码的多，讲一下尺码表", "库存只剩一半，催一波", "Answer the shipping question, please.", "准备上下一款",
	}
)

// direct writes what host and operator do: start, products in turn, stock in
// waves, prompts, one price cut, one break, the care for the chat, and the end.
func (s *Script) direct(pins []pin) {
	d := s.dice(forCrew, 0)
	cue := func(at time.Duration, by live.Role, c live.CommandName, a Args) {
		s.Crew = append(s.Crew, Cue{At: at, By: by, Command: c, Args: a, Person: -1})
	}
	cue(0, live.RoleHost, live.StartShow, Args{})
	cue(s.Length/50, live.RoleOperator, live.Announce, Args{Text: announcements[0]})
	for _, o := range s.Late {
		cue(s.addsAt(), live.RoleOperator, live.AddProduct, Args{
			Product: o.Product, SKU: o.SKU, Title: o.Title, Price: o.Price, Currency: s.Currency, Stock: o.Stock, Rank: o.Rank,
		})
	}
	cut := false
	for n, p := range pins {
		cue(p.at, live.RoleHost, live.PinProduct, Args{Product: p.product})
		slot := p.until - p.at
		for wave := range 2 {
			at := p.at + slot*time.Duration(1+2*wave)/5
			for _, o := range p.skus {
				cue(at, live.RoleHost, live.ReleaseStock, Args{SKU: o.SKU, Qty: max(2, o.Stock/4), Extend: true})
			}
		}
		if n%2 == 0 {
			cue(p.at+slot/4, live.RoleOperator, live.SendPrompt, Args{Text: pick(d, prompts)})
		} else {
			cue(p.at+slot/3, live.RoleHost, live.Announce, Args{Text: announcements[1+n/2%(len(announcements)-1)]})
		}
		if p.product == goods[changing].product && !cut {
			cut = true
			for _, o := range p.skus {
				cue(p.at+slot/2, live.RoleOperator, live.SetPrice, Args{SKU: o.SKU, Price: o.Price * 4 / 5})
			}
		}
	}
	s.give(cue)
	rest := max(2*time.Second, s.Length/40)
	cue(s.Length*11/20, live.RoleHost, live.PauseShow, Args{})
	cue(s.Length*11/20+rest, live.RoleHost, live.ResumeShow, Args{})
	for i := range s.People {
		if p := &s.People[i]; p.Spams && len(p.Acts) > 1 {
			s.Crew = append(s.Crew,
				Cue{At: p.Acts[1].At + 2*time.Second, By: live.RoleOperator, Command: live.HideComment, Person: i},
				Cue{At: p.Acts[1].At + 4*time.Second, By: live.RoleOperator, Command: live.MuteViewer, Args: Args{Seconds: 3600}, Person: i})
		}
	}
	cue(s.Length*39/40, live.RoleHost, live.UnpinProduct, Args{})
	s.Crew = slices.DeleteFunc(s.Crew, func(c Cue) bool { return c.At >= s.Length })
	cue(s.Length, live.RoleHost, live.EndShow, Args{})
	slices.SortStableFunc(s.Crew, func(a, b Cue) int { return cmp.Compare(a.At, b.At) })
	for i := range s.Crew {
		s.Crew[i].Name = fmt.Sprintf("crew-%d", i+1)
	}
}

// Countdown is how long a red packet waits and a draw takes, of the show.
func (s *Script) Countdown(c live.CommandName) time.Duration {
	if c == live.OpenDraw {
		return s.Length * 3 / 20
	}
	return s.Length / 50
}

// give writes what the show gives away: coupons, a red packet, a draw, and
// another one that is called off.
func (s *Script) give(cue func(time.Duration, live.Role, live.CommandName, Args)) {
	cue(s.Length*3/20, live.RoleOperator, live.DropCoupon, Args{})
	cue(s.Length/5, live.RoleOperator, live.DropRedPacket, Args{Total: 8888, Count: 20})
	cue(s.Length*3/10, live.RoleOperator, live.OpenDraw, Args{Prize: "茶具一套 Tea set", PrizeMinor: 19900, Winners: 3})
	cue(s.Length/2, live.RoleHost, live.DrawWinner, Args{})
	cue(s.Length*13/20, live.RoleOperator, live.OpenDraw, Args{Prize: "茶具一套 Tea set", PrizeMinor: 19900, Winners: 1})
	cue(s.Length*7/10, live.RoleOperator, live.CancelDraw, Args{Reason: "the prize of the second draw broke"})
	cue(s.Length*4/5, live.RoleHost, live.StopCoupon, Args{})
}

// chain writes what happened outside the room: impressions in the feeds, and
// for a share of the people the contacts of the days before.
func (s *Script) chain() {
	d := s.dice(forTouch, 0)
	touch := func(person int, k live.Kind, ago time.Duration, data map[string]any) {
		p := &s.People[person]
		s.Touches = append(s.Touches, Touch{
			Name: fmt.Sprintf("touch-%d", len(s.Touches)+1), Person: person, Kind: k, Ago: ago,
			Channel: p.Channel, Campaign: p.Campaign, Data: data,
		})
	}
	day := 24 * time.Hour
	for i := range s.People {
		p := &s.People[i]
		ago := d.between(4*time.Hour, 6*day)
		group := fmt.Sprintf("group-%d", 1+d.IntN(3))
		switch {
		case p.Channel == "group":
			touch(i, "group_joined", ago, map[string]any{"group_id": group, "join_scene": "qr"})
			touch(i, "group_message_clicked", ago/3, map[string]any{"group_id": group})
		case p.Channel == "qianchuan":
			touch(i, "ad_clicked", d.between(time.Minute, time.Hour), map[string]any{"ad_id": "ad-" + p.Campaign, "cost_minor": 80 + d.IntN(200)})
			if d.chance(0.25) {
				touch(i, "lead_captured", ago, map[string]any{"form_id": "form-" + p.Campaign})
			}
		case p.Channel == "share" && i > 0:
			touch(i, "referral_clicked", d.between(time.Minute, 3*time.Hour), map[string]any{"referrer": s.People[d.IntN(i)].Key})
		case p.Channel == "follow_tab" && d.chance(0.4):
			touch(i, "show_reserved", ago/2, nil)
		case p.Channel != "other" && d.chance(0.15):
			touch(i, "lead_captured", ago, map[string]any{"form_id": "form-organic"})
			touch(i, "group_joined", ago*2/3, map[string]any{"group_id": group, "join_scene": "link"})
			touch(i, "group_message_clicked", ago/4, map[string]any{"group_id": group})
		}
	}
	slices.SortStableFunc(s.Touches, func(a, b Touch) int { return cmp.Compare(b.Ago, a.Ago) })

	feeds := []string{"recommend_feed", "short_video", "qianchuan", "mall", "search"}
	add := func(at time.Duration, person int, stranger, channel string) {
		s.Seen = append(s.Seen, Impression{At: max(0, at), Person: person, Stranger: stranger, Channel: channel})
	}
	for i := range s.People {
		p := &s.People[i]
		for range 2 {
			add(p.Arrive+d.between(-time.Minute, s.Length/5), -1, fmt.Sprintf("s%06d", d.IntN(2*s.Viewers)), pick(d, feeds))
		}
		if slices.Contains(feeds, p.Channel) {
			add(p.Arrive-d.between(time.Second, 10*time.Second), i, "", p.Channel)
		}
	}
	s.Seen = slices.DeleteFunc(s.Seen, func(m Impression) bool { return m.At >= s.Length })
	slices.SortStableFunc(s.Seen, func(a, b Impression) int { return cmp.Compare(a.At, b.At) })
	for i := range s.Seen {
		s.Seen[i].Name = fmt.Sprintf("seen-%d", i+1)
	}
}
