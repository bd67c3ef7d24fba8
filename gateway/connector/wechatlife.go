package connector

import (
	"strings"

	"showrunner/live"
	"showrunner/live/store"
)

// wechatPriced is the type of channels_ec_order_ext_info_update that says that
// the merchant changed the price of an order.
const wechatPriced = "12"

// step reads the events between payment and settlement.
func (m *wechatMessage) step(s Settings, d *store.Delivery) (err error) {
	f := store.Fact{Order: live.OrderID(m.Order.ID)}
	notice := store.Notice{Topic: m.Event, Order: f.Order}
	switch m.Event {
	case wechatDelivered:
		// The event does not name the parcel.
		f.Kind, f.ID = live.OrderShipped, string(m.Order.ID)
		if m.Order.Finished != "1" {
			f.Kind, f.ID = live.OrderPartShipped, strings.Join([]string{string(m.Order.ID), string(m.CreateTime)}, ":")
		}
	case wechatConfirmed:
		f.Kind = live.OrderReceived
	case wechatSettled:
		// It names no amount: only an answer in Showrunner's own form has one.
		if s[SettingOrderURL] == "" {
			d.Skipped = []string{m.Event + ": the amount is not told; the settlement file has it"}
			return nil
		}
		d.Notices = []store.Notice{notice}
		return nil
	case wechatExtra:
		if m.Order.Type != wechatPriced {
			d.Skipped = []string{m.Event + ": type " + clip(string(m.Order.Type)) + " changes no price"}
			return nil
		}
		d.Notices = []store.Notice{notice}
		return nil
	case wechatAftersale:
		return m.aftersale(s, d)
	default:
		d.Skipped = []string{clip(m.Event) + ": not an event of orders we read"}
		return nil
	}
	if f.At, err = unix("CreateTime", m.CreateTime); err == nil {
		d.Facts = []store.Fact{f}
	}
	return err
}

// States of a return, refund or exchange that an answer has to complete: how
// much came back, what was asked for, what was given instead.
const (
	wechatAsked       = "MERCHANT_PROCESSING"
	wechatPaidBack    = "MERCHANT_REFUND_SUCCESS"
	wechatReturned    = "MERCHANT_RETURN_SUCCESS"
	wechatExchanged   = "MERCHANT_EXCHANGE_SUCCESS"
	wechatIsExchange  = "EXCHANGE"
	wechatIsReturn    = "RETURN"
	wechatIsMoneyBack = "REFUND"
)

// wechatSteps has the states that say all there is to say.
var wechatSteps = map[string]live.Kind{
	"USER_WAIT_RETURN":       live.RefundApproved,
	"MERCHANT_REJECT_REFUND": live.RefundRejected,
	"MERCHANT_REJECT_RETURN": live.RefundRejected,
	"USER_CANCELD":           live.RefundWithdrawn,
	"RETURN_CLOSED":          live.RefundWithdrawn,
}

func (m *wechatMessage) aftersale(s Settings, d *store.Delivery) (err error) {
	a := &m.Aftersale
	notice := store.Notice{Topic: m.Event, Order: live.OrderID(a.Order), Aftersale: string(a.ID), State: a.Status}
	kind, says := wechatSteps[a.Status]
	switch {
	case says:
		f := store.Fact{Order: notice.Order}
		f.Kind, f.ID = kind, notice.Aftersale
		if f.At, err = unix("CreateTime", m.CreateTime); err == nil {
			d.Facts = []store.Fact{f}
		}
	case wechatRefunded(a.Status), a.Status == wechatExchanged, a.Status == wechatAsked && s[SettingAftersaleURL] != "":
		d.Notices = []store.Notice{notice}
	default:
		d.Skipped = []string{m.Event + ": " + clip(a.Status) + ": no money has come back so far"}
	}
	return err
}

// wechatRefunded reports whether a return or refund ended with money.
func wechatRefunded(status string) bool { return status == wechatPaidBack || status == wechatReturned }
