package live

// BenefitLimits are what a merchant, or one room of theirs, allows to be given
// away, narrower than what the platform allows. A nil member sets no limit of
// its own. Money is in whole units of the room's currency, as a merchant's rooms
// may have several.
type BenefitLimits struct {
	PacketUnits  *int64 `json:"red_packet_units,omitempty"`       // most one red packet may give away
	PacketCount  *int64 `json:"red_packet_count,omitempty"`       // most shares of one red packet
	PacketMonth  *int64 `json:"red_packet_month_limit,omitempty"` // most shares one person may take of packets of the merchant in 30 days
	PrizeUnits   *int64 `json:"draw_prize_units,omitempty"`       // most one prize may be worth
	DrawWinners  *int64 `json:"draw_winners,omitempty"`           // most winners of one draw
	DropMinutes  *int64 `json:"coupon_drop_minutes,omitempty"`    // longest drop of coupons, which then must have an end
	DropsPerShow *int64 `json:"coupon_drops,omitempty"`           // most drops of coupons in one show
}

// MaxDropsPerShow is what a limit of drops in a show may be at most.
const MaxDropsPerShow = 1000

// each visits the members with their names and what they may be.
func (l *BenefitLimits) each(visit func(name string, v **int64, least, most int64)) {
	visit("red_packet_units", &l.PacketUnits, 0, MaxPacketsMajor)
	visit("red_packet_count", &l.PacketCount, 1, MaxPackets)
	visit("red_packet_month_limit", &l.PacketMonth, 1, 1000)
	visit("draw_prize_units", &l.PrizeUnits, 0, MaxPrizeMajor)
	visit("draw_winners", &l.DrawWinners, 1, MaxWinners)
	visit("coupon_drop_minutes", &l.DropMinutes, 1, MaxDropMinutes)
	visit("coupon_drops", &l.DropsPerShow, 0, MaxDropsPerShow)
}

// Validate checks that each limit is within what the platform allows.
func (l *BenefitLimits) Validate() error {
	var err error
	l.each(func(name string, v **int64, least, most int64) {
		if err == nil && *v != nil && (**v < least || **v > most) {
			err = Invalid("invalid_field", name, "must be %d to %d", least, most)
		}
	})
	return err
}

// Narrower is what holds where both limits do.
func (l BenefitLimits) Narrower(o BenefitLimits) BenefitLimits {
	var theirs []*int64
	o.each(func(_ string, v **int64, _, _ int64) { theirs = append(theirs, *v) })
	l.each(func(_ string, v **int64, _, _ int64) {
		if t := theirs[0]; t != nil && (*v == nil || *t < **v) {
			*v = t
		}
		theirs = theirs[1:]
	})
	return l
}

// OverBenefit refuses what is beyond a limit; it names the argument and the limit.
func OverBenefit(argument, limit string, most int64) *Error {
	e := Invalid("benefit_limit", "data."+argument, "must be at most %d here, by %s", most, limit)
	e.Data = map[string]any{"limit": limit, "most": most}
	return e
}
