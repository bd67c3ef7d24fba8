package live

// BenefitProgress is how far what runs in a room has come: counters of which
// only the newest matters. Members of what does not run are nil.
type BenefitProgress struct {
	Coupon *CouponProgress
	Packet *PacketProgress
	Draw   *DrawProgress
}

// CouponProgress is how many coupons of the batch that is dropped are gone.
type CouponProgress struct {
	Batch          string
	Claimed, Total int64
}

// PacketProgress is how many shares of the red packet are gone.
type PacketProgress struct {
	Packet         string
	Claimed, Count int64
}

// DrawProgress is how many take part in the draw.
type DrawProgress struct {
	Draw    string
	State   DrawState
	Entries int64
}
