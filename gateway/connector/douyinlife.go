package connector

import (
	"cmp"

	"showrunner/live"
	"showrunner/live/store"
)

// Tags of what happens to an order between payment and its end.
const (
	douyinShipped      = "102" // doudian_trade_TradeSellerShip: all of it
	douyinCompleted    = "103" // doudian_trade_TradeSuccess
	douyinPartShipped  = "108" // doudian_trade_TradePartlySellerShip
	douyinAmount       = "109" // doudian_trade_TradeAmountChanged
	douyinRequested    = "200" // doudian_refund_RefundCreated
	douyinAgreed       = "201" // doudian_refund_RefundAgreed: the money goes back
	douyinReturnAgreed = "202" // doudian_refund_ReturnApplyAgreed: the goods may come back
	douyinRefused      = "204" // doudian_refund_RefundRefused
	douyinReturnDenied = "205" // doudian_refund_ReturnApplyRefused
	douyinClosed       = "207" // doudian_refund_RefundClosed
	douyinExchanged    = "209" // doudian_refund_ExchangeComfirmed, as the platform spells it
)

// douyinLife is what those messages tell beside the members of others.
type douyinLife struct {
	UpdateTime   word `json:"update_time"`
	CompleteTime word `json:"complete_time"`
	ModifyTime   word `json:"modify_time"`
	ApplyTime    word `json:"apply_time"`
	AgreeTime    word `json:"agree_time"`
	RefuseTime   word `json:"refuse_time"`
	CloseTime    word `json:"close_time"`
	TotalAmount  word `json:"total_amount"` // without shipping
	PostAmount   word `json:"post_amount"`
	Type         word `json:"aftersale_type"`
	Logistics    struct {
		Code word `json:"logistics_code"`
		Pack word `json:"pack_id"`
	} `json:"logistics_msg"`
}

// douyinTypes has the values of aftersale_type that ask for money. What is left
// out is an exchange (3), goods sent again (7), or a cancellation (4 and 5),
// which has a message of its own.
var douyinTypes = map[word]live.RefundType{
	"0": live.ReturnGoods, "1": live.RefundOnly, "2": live.RefundOnly, "6": live.RefundOnly,
}

// step reads the messages that move no money, or says why there is no fact in one.
func (d *douyinData) step(tag string, f *store.Fact) (skip string, err error) {
	var field string
	var when word
	switch tag {
	case douyinShipped:
		f.Kind, f.ID = live.OrderShipped, string(cmp.Or(d.Logistics.Pack, d.Logistics.Code, d.Order))
		field, when = "update_time", d.UpdateTime
	case douyinPartShipped:
		f.Kind, f.ID = live.OrderPartShipped, string(cmp.Or(d.Logistics.Pack, d.Logistics.Code, d.Order))
		field, when = "update_time", d.UpdateTime
	case douyinCompleted:
		f.Kind, field, when = live.OrderCompleted, "complete_time", d.CompleteTime
	case douyinAmount:
		// A change has no number of its own; its instant names it.
		f.Kind, f.ID, field, when = live.OrderPriceChanged, string(d.ModifyTime), "modify_time", d.ModifyTime
		if f.TotalMinor, err = d.price(); err != nil {
			return "", err
		}
	case douyinExchanged:
		return "an exchange, which does not say for what", nil
	default:
		if skip, field, when = d.aftersale(tag, f); skip != "" {
			return skip, nil
		}
	}
	f.At, err = unix(field, when)
	return "", err
}

// price is the new price of the whole order.
func (d *douyinData) price() (int64, error) {
	total, err := fen("total_amount", d.TotalAmount)
	if err != nil || d.PostAmount == "" {
		return total, err
	}
	post, err := fen("post_amount", d.PostAmount)
	return total + post, err
}

// aftersale reads what becomes of a request for money back. A return is agreed
// to twice, first the goods and then the money: the first is the approval.
func (d *douyinData) aftersale(tag string, f *store.Fact) (skip, field string, when word) {
	kind, known := douyinTypes[d.Type]
	f.ID = string(d.Aftersale)
	switch tag {
	case douyinRequested:
		f.Kind, field, when = live.RefundRequested, "apply_time", d.ApplyTime
		f.Refund = live.RefundRequest{Line: string(d.Line), Type: kind}
	case douyinReturnAgreed:
		f.Kind, field, when = live.RefundApproved, "agree_time", d.AgreeTime
	case douyinAgreed:
		if kind == live.ReturnGoods {
			return "a return, approved by message " + douyinReturnAgreed, "", ""
		}
		f.Kind, field, when = live.RefundApproved, "agree_time", cmp.Or(d.AgreeTime, d.CloseTime)
	case douyinRefused, douyinReturnDenied:
		f.Kind, field, when = live.RefundRejected, "refuse_time", d.RefuseTime
	case douyinClosed:
		f.Kind, field, when = live.RefundWithdrawn, "close_time", d.CloseTime
	default:
		return "not a message of orders we read", "", ""
	}
	if !known {
		return "aftersale_type " + clip(string(d.Type)) + " asks for no money", "", ""
	}
	return "", field, when
}
