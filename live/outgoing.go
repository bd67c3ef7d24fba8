package live

import "slices"

// Outgoing lists the kinds that may leave by signed webhooks, in the order they
// are documented. Facts about single viewers stay in: a shop needs its orders,
// its shows and its shelf, not what somebody clicked.
var Outgoing = slices.Concat(OrderKinds, []Kind{
	ShowScheduled, ShowStarted, ShowPaused, ShowResumed, ShowEnded,
	ProductListed, ProductDelisted, ProductPinned, ProductUnpinned, PriceChanged, StockReleased, StockHeld, StockReturned,
	FlashSaleScheduled, FlashSaleStarted, FlashSaleSoldOut, FlashSaleEnded,
}, commissionKinds)

// commissionKinds are what whoever pays referrers out has to hear.
var commissionKinds = []Kind{ReferralConverted, CommissionAccrued, CommissionReversed}

// MayLeave reports whether a webhook may carry facts of the kind.
func (k Kind) MayLeave() bool { return slices.Contains(Outgoing, k) }

// TellsMoney reports whether facts of the kind carry what was earned, so that
// only those with [ActMoney] may have them sent. The price on a shelf is public.
func (k Kind) TellsMoney() bool { return OrderFactKind(k) || slices.Contains(commissionKinds, k) }
