// Package connector reads what shop platforms post. Each platform signs, wraps
// and words its deliveries in a way of its own; a [Connector] turns a delivery
// into facts of orders, and nothing else: what becomes of them is decided by
// the order book.
//
//   - standard     Standard Webhooks, with facts in Showrunner's own form
//   - shopify      orders and refunds of Shopify
//   - douyin_shop  the message push of 抖店
//   - wechat_shop  the callbacks of 微信小店, whose notices only name an order
//   - mapping      any JSON platform, described by a file ([ParseMapping])
//
// Start with connector.go. docs/connectors.md has the public source of every
// fact about a platform that is relied on here, and what could not be confirmed.
//
// Three rules hold for all of them. A signature is compared in constant time
// and over the bytes as they came. Money is read from its decimal text and
// never passes a float. And what a connector does not understand it names in
// the delivery ([store.Delivery]) instead of dropping it.
package connector
