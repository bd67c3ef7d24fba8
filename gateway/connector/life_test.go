package connector

import (
	"testing"
	"time"

	"showrunner/live"
	"showrunner/live/store"
)

// skipped is a delivery that led to nothing.
func skipped(topic string, messages []string, why string) store.Delivery {
	return store.Delivery{Messages: messages, Topics: []string{topic}, Skipped: []string{topic + ": " + why}}
}

// TestDouyinLife reads what happens between payment and the end. The payloads
// of 109, 200 and 208 are the samples TradeAmountChangedEvent.json,
// RefundCreatedEvent.json and RefundModifiedEvent.json of
// fudiwei/DotNetCore.SKIT.FlurlHttpClient.ByteDance (commit f738fa1) with the
// ids filled in; the members of the others are those of its event classes and
// of zsmhub/doudian-sdk (message), whose Tag methods have the tags.
func TestDouyinLife(t *testing.T) {
	const order, aftersale = "4705288465508532862", "7000893114000949517"
	at := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	refund := func(kind, extra string) string {
		return `{"p_id":4705288465508532862,"s_id":4705288465508532863,"shop_id":95250,"aftersale_id":"7000893114000949517","aftersale_status":6,"aftersale_type":` + kind +
			`,"refund_amount":13200,"refund_post_amount":0,"reason_code":15,"refund_voucher_num":0` + extra + `}`
	}
	const parcel = `{"p_id":4705288465508532862,"s_ids":["4705288465508532862"],"shop_id":12345,"order_status":3,"order_type":0,"biz":2,"update_time":1618990700,"receiver_msg":{"name":"*","tel":"*"},` +
		`"logistics_msg":{"express_company_id":"zhongtong","logistics_code":"75800000001","pack_id":"71100000000001","shipped_order_info":[{"shipped_order_id":"4705288465508532862","sku_id":1,"product_id":2,"sku_num":2,"shipped_num":1}]}}`
	for name, tc := range map[string]struct {
		tag, data string
		want      live.OrderFact
		skip      string
	}{
		"shipped":                 {"102", parcel, live.OrderFact{Kind: live.OrderShipped, ID: "71100000000001", At: at(1618990700)}, ""},
		"part shipped":            {"108", parcel, live.OrderFact{Kind: live.OrderPartShipped, ID: "71100000000001", At: at(1618990700)}, ""},
		"shipped, no parcel told": {"102", `{"p_id":4705288465508532862,"update_time":1618990700}`, live.OrderFact{Kind: live.OrderShipped, ID: order, At: at(1618990700)}, ""},
		"completed":               {"103", `{"p_id":4705288465508532862,"order_status":5,"order_type":0,"biz":2,"complete_time":1619990700}`, live.OrderFact{Kind: live.OrderCompleted, At: at(1619990700)}, ""},
		"another price": {
			"109", `{"p_id":4705288465508532862,"s_ids":[4705288465508532862],"shop_id":12345,"order_status":1,"order_type":0,"biz":2,"modify_time":1618990859,"total_amount":53800,"post_amount":0}`,
			live.OrderFact{Kind: live.OrderPriceChanged, ID: "1618990859", At: at(1618990859), TotalMinor: 53800},
			"",
		},
		"another price, with shipping": {
			"109", `{"p_id":4705288465508532862,"modify_time":1628597071,"total_amount":9750,"post_amount":600}`,
			live.OrderFact{Kind: live.OrderPriceChanged, ID: "1628597071", At: at(1628597071), TotalMinor: 10350},
			"",
		},
		"money asked for": {
			"200", refund("1", `,"apply_time":1618990587`),
			live.OrderFact{Kind: live.RefundRequested, ID: aftersale, At: at(1618990587), Refund: live.RefundRequest{Line: "4705288465508532863", Type: live.RefundOnly}},
			"",
		},
		"a return asked for": {
			"200", refund("0", `,"apply_time":1618990587`),
			live.OrderFact{Kind: live.RefundRequested, ID: aftersale, At: at(1618990587), Refund: live.RefundRequest{Line: "4705288465508532863", Type: live.ReturnGoods}},
			"",
		},
		"an exchange asked for":        {"200", refund("3", `,"apply_time":1618990587`), live.OrderFact{}, "aftersale_type 3 asks for no money"},
		"agreed":                       {"201", refund("2", `,"agree_time":1618990588`), live.OrderFact{Kind: live.RefundApproved, ID: aftersale, At: at(1618990588)}, ""},
		"return agreed":                {"202", refund("0", `,"agree_time":1618990589`), live.OrderFact{Kind: live.RefundApproved, ID: aftersale, At: at(1618990589)}, ""},
		"return, the money agreed":     {"201", refund("0", `,"agree_time":1618990599`), live.OrderFact{}, "a return, approved by message 202"},
		"refused":                      {"204", refund("1", `,"refuse_time":1618990590`), live.OrderFact{Kind: live.RefundRejected, ID: aftersale, At: at(1618990590)}, ""},
		"return refused":               {"205", refund("0", `,"refuse_time":1618990591`), live.OrderFact{Kind: live.RefundRejected, ID: aftersale, At: at(1618990591)}, ""},
		"closed":                       {"207", refund("1", `,"close_time":1618990592`), live.OrderFact{Kind: live.RefundWithdrawn, ID: aftersale, At: at(1618990592)}, ""},
		"changed by the buyer":         {"208", refund("1", `,"modify_time":1618991959`), live.OrderFact{}, "not a message of orders we read"},
		"exchanged, not said for what": {"209", refund("3", `,"apply_time":1618990587`), live.OrderFact{}, "an exchange, which does not say for what"},
	} {
		d, err := douyin{}.Read("", none, []byte(`[{"tag":`+tc.tag+`,"msgId":"m","data":`+tc.data+`}]`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := skipped(tc.tag, []string{"m"}, tc.skip)
		if tc.skip == "" {
			tc.want.Currency = "CNY"
			want.Skipped, want.Facts = nil, []store.Fact{fact(order, tc.want)}
		}
		same(t, name, d, want)
	}
	for name, data := range map[string]string{
		"no time": `{"tag":"103","data":{"p_id":1}}`, "no price": `{"tag":"109","data":{"p_id":1,"modify_time":1}}`,
		"a price of words": `{"tag":"109","data":{"p_id":1,"modify_time":1,"total_amount":"all"}}`, "odd shipping": `{"tag":"109","data":{"p_id":1,"modify_time":1,"total_amount":1,"post_amount":-1}}`,
	} {
		if d, err := (douyin{}).Read("", none, []byte("["+data+"]")); err == nil {
			t.Errorf("%s: read as %+v", name, d)
		}
	}
}

// TestWechatLife reads the events between payment and settlement: the sample of
// https://developers.weixin.qq.com/doc/store/API/order/callback/channels_ec_order_deliver.html,
// those of channels_ec_order_confirm and channels_ec_order_settle that
// fudiwei/DotNetCore.SKIT.FlurlHttpClient.Wechat carries over (commit 9fa7c11),
// and events of returns with the states of WxJava's AfterSaleStatus.
func TestWechatLife(t *testing.T) {
	const order = "3705115058471208928"
	at := time.Unix(1662480000, 0).UTC()
	asked := Settings{"secret": wxToken, "app_id": wxApp, "aes_key": wxAESKey, "requery.order_url": "https://shop.example/{order_id}", "requery.aftersale_url": "https://shop.example/{after_sale_order_id}"}
	aftersale := func(state string) string {
		return `"finder_shop_aftersale_status_update":{"status":"` + state + `","after_sale_order_id":"1234567","order_id":"` + order + `"}`
	}
	step := func(kind live.Kind) []store.Fact {
		return []store.Fact{fact(order, live.OrderFact{Kind: kind, ID: "1234567", At: at})}
	}
	notice := func(event, aftersale, state string) []store.Notice {
		return []store.Notice{{Topic: event, Order: order, Aftersale: aftersale, State: state}}
	}
	const orderExt, returns = "channels_ec_order_ext_info_update", "channels_ec_aftersale_update"
	for name, tc := range map[string]struct {
		event, rest string
		alone       bool // without addresses to ask
		want        store.Delivery
	}{
		"shipped":                 {"channels_ec_order_deliver", `"order_info":{"order_id":` + order + `,"finish_delivery":1}`, false, store.Delivery{Facts: []store.Fact{fact(order, live.OrderFact{Kind: live.OrderShipped, ID: order, At: at})}}},
		"part shipped":            {"channels_ec_order_deliver", `"order_info":{"order_id":` + order + `,"finish_delivery":0}`, false, store.Delivery{Facts: []store.Fact{fact(order, live.OrderFact{Kind: live.OrderPartShipped, ID: order + ":1662480000", At: at})}}},
		"received":                {"channels_ec_order_confirm", `"order_info":{"order_id":"` + order + `","confirm_type":"1"}`, false, store.Delivery{Facts: []store.Fact{fact(order, live.OrderFact{Kind: live.OrderReceived, At: at})}}},
		"settled":                 {"channels_ec_order_settle", `"order_info":{"order_id":"` + order + `","settle_time":"1662480000"}`, false, store.Delivery{Notices: notice("channels_ec_order_settle", "", "")}},
		"settled, nobody asks":    {"channels_ec_order_settle", `"order_info":{"order_id":"` + order + `","settle_time":"1662480000"}`, true, store.Delivery{Skipped: []string{"channels_ec_order_settle: the amount is not told; the settlement file has it"}}},
		"another price":           {orderExt, `"order_info":{"order_id":"` + order + `","type":12}`, false, store.Delivery{Notices: notice(orderExt, "", "")}},
		"another address":         {orderExt, `"order_info":{"order_id":"` + order + `","type":2}`, false, store.Delivery{Skipped: []string{orderExt + ": type 2 changes no price"}}},
		"asked for":               {returns, aftersale("MERCHANT_PROCESSING"), false, store.Delivery{Notices: notice(returns, "1234567", "MERCHANT_PROCESSING")}},
		"asked for, nobody asks":  {returns, aftersale("MERCHANT_PROCESSING"), true, store.Delivery{Skipped: []string{returns + ": MERCHANT_PROCESSING: no money has come back so far"}}},
		"return agreed":           {returns, aftersale("USER_WAIT_RETURN"), true, store.Delivery{Facts: step(live.RefundApproved)}},
		"refused":                 {returns, aftersale("MERCHANT_REJECT_REFUND"), true, store.Delivery{Facts: step(live.RefundRejected)}},
		"return refused":          {returns, aftersale("MERCHANT_REJECT_RETURN"), true, store.Delivery{Facts: step(live.RefundRejected)}},
		"withdrawn":               {returns, aftersale("USER_CANCELD"), true, store.Delivery{Facts: step(live.RefundWithdrawn)}},
		"closed":                  {returns, aftersale("RETURN_CLOSED"), true, store.Delivery{Facts: step(live.RefundWithdrawn)}},
		"the money is on its way": {returns, aftersale("PLATFORM_REFUNDING"), false, store.Delivery{Skipped: []string{returns + ": PLATFORM_REFUNDING: no money has come back so far"}}},
		"exchanged":               {returns, aftersale("MERCHANT_EXCHANGE_SUCCESS"), true, store.Delivery{Notices: notice(returns, "1234567", "MERCHANT_EXCHANGE_SUCCESS")}},
	} {
		sealed := wxSealed(t, wxApp)
		if !tc.alone {
			sealed = mustSeal(t, wechat{}, asked)
		}
		message := `{"ToUserName":"gh_*","FromUserName":"OPENID","CreateTime":1662480000,"MsgType":"event","Event":"` + tc.event + `",` + tc.rest + `}`
		d, err := wechat{}.Read(sealed, none, []byte(`{"Encrypt":"`+wxEncrypt(t, message, wxApp)+`"}`))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		d.Messages, d.Topics = nil, nil
		same(t, name, d, tc.want)
	}
}

// TestWechatLifeAnswers reads what the answers add: the documented one of
// getaftersaleorder with its type and, for an exchange, the members of
// exchange_product_info, and the documented order with a new price.
func TestWechatLifeAnswers(t *testing.T) {
	const answer = `{"errcode":0,"after_sale_order":{"after_sale_order_id":"123456","status":"STATUS","openid":"OPENID","order_id":"1768683047558651","product_info":{"product_id":"3286","sku_id":"4740","count":1},` +
		`"refund_info":{"amount":11,"refund_reason":1},"create_time":1591319454,"update_time":1612754444,"reason":"NO_LONGER_WANT","type":"TYPE",` +
		`"exchange_product_info":{"product_id":"3286","old_sku_id":"4740","new_sku_id":"4741","product_cnt":2,"old_sku_price":1000,"new_sku_price":1250}}}`
	created, updated := time.Unix(1591319454, 0).UTC(), time.Unix(1612754444, 0).UTC()
	for name, tc := range map[string]struct {
		asked, status, kind string
		want                []store.Fact
		skip, code          string
	}{
		"money asked for": {"MERCHANT_PROCESSING", "MERCHANT_PROCESSING", "REFUND", []store.Fact{fact("1768683047558651", live.OrderFact{
			Kind: live.RefundRequested, ID: "123456", At: created, Currency: "CNY", Reason: "NO_LONGER_WANT", Refund: live.RefundRequest{Line: "4740", Type: live.RefundOnly},
		})}, "", ""},
		"a return asked for, refused since": {"MERCHANT_PROCESSING", "MERCHANT_REJECT_RETURN", "RETURN", []store.Fact{fact("1768683047558651", live.OrderFact{
			Kind: live.RefundRequested, ID: "123456", At: created, Currency: "CNY", Reason: "NO_LONGER_WANT", Refund: live.RefundRequest{Line: "4740", Type: live.ReturnGoods},
		})}, "", ""},
		"an exchange asked for":    {"MERCHANT_PROCESSING", "MERCHANT_PROCESSING", "EXCHANGE", nil, "channels_ec_aftersale_update: an exchange was asked for", ""},
		"something else asked for": {"MERCHANT_PROCESSING", "MERCHANT_PROCESSING", "RESHIP", nil, "", "invalid_field"},
		"exchanged": {"MERCHANT_EXCHANGE_SUCCESS", "MERCHANT_EXCHANGE_SUCCESS", "EXCHANGE", []store.Fact{fact("1768683047558651", live.OrderFact{
			Kind: live.ExchangeCreated, ID: "123456", At: updated, Currency: "CNY", Exchange: live.Exchange{OldSKU: "4740", Product: "3286", SKU: "4741", Qty: 2, Goods: 500},
		})}, "", ""},
		"paid back": {"MERCHANT_RETURN_SUCCESS", "MERCHANT_RETURN_SUCCESS", "RETURN", []store.Fact{fact("1768683047558651", live.OrderFact{
			Kind: live.RefundSucceeded, ID: "123456", At: updated, Currency: "CNY", Reason: "NO_LONGER_WANT", Refunds: []live.RefundLine{{SKU: "4740", Goods: 11}},
		})}, "", ""},
		"not there yet": {"MERCHANT_REFUND_SUCCESS", "PLATFORM_REFUNDING", "REFUND", nil, "", "requery_failed"},
	} {
		raw := replaced(answer, "STATUS", tc.status, "TYPE", tc.kind)
		d, err := wechatAnswer([]byte(raw), store.Notice{Topic: "channels_ec_aftersale_update", Order: "1768683047558651", Aftersale: "123456", State: tc.asked})
		if tc.code != "" {
			wantCode(t, name, err, tc.code)
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := store.Delivery{Facts: tc.want}
		if tc.skip != "" {
			want.Skipped = []string{tc.skip}
		}
		same(t, name, d, want)
	}
	d, err := wechatAnswer([]byte(wxOrder), store.Notice{Topic: "channels_ec_order_ext_info_update", Order: "37423523451235145"})
	if err != nil {
		t.Fatal(err)
	}
	same(t, "another price", d.Facts, []store.Fact{fact("37423523451235145", live.OrderFact{
		Kind: live.OrderPriceChanged, ID: "1658505600", At: time.Unix(1658505600, 0).UTC(), Currency: "CNY", TotalMinor: 10500,
	})})
}

// TestShopifyLife reads shipments, failed payments and returns. The transaction
// is the sample of order_transactions/create in the documentation of Shopify's
// connector for Salesforce, made to fail; the return is a delivery of
// returns/request as public receivers quote it, without the buyer.
func TestShopifyLife(t *testing.T) {
	const transaction = `{"id":120560818172775265,"order_id":820982911946154508,"kind":"KIND","gateway":"visa","status":"STATUS","message":"Your card was declined.","created_at":"2021-12-31T19:00:00-05:00","test":false,
 "authorization":"1001","parent_id":null,"processed_at":null,"error_code":"card_declined","source_name":"web","receipt":{},"amount":"403.00","currency":"USD","payment_id":"#9999.1","manual_payment_gateway":true}`
	const returned = `{"id":3547267221,"admin_graphql_api_id":"gid://shopify/Return/3547267221","status":"requested","order":{"id":5196695273621,"admin_graphql_api_id":"gid://shopify/Order/5196695273621"},"total_return_line_items":1,"name":"#1106-R2",
 "return_line_items":[{"id":6200524949,"fulfillment_line_item":{"id":10736341352597,"line_item":{"id":12695210000533}},"quantity":1,"return_reason":"unwanted","return_reason_note":"","customer_note":null}]}`
	const shipped = `{"id":450789469,"updated_at":"2008-01-10T11:00:00-05:00","fulfillments":[{"id":255858046,"status":"success","created_at":"2008-01-10T12:00:00-05:00"},{"id":255858047,"status":"cancelled","created_at":"2008-01-10T14:00:00-05:00"},{"id":255858048,"status":"success","created_at":"2008-01-10T13:00:00-05:00"}]}`
	newYear, hour := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2023, 3, 29, 18, 0, 27, 877_000_000, time.UTC)
	for name, tc := range map[string]struct {
		topic, body string
		order       string
		want        live.OrderFact
		skip        string
	}{
		"declined":            {"order_transactions/create", replaced(transaction, "KIND", "sale", "STATUS", "failure"), "820982911946154508", live.OrderFact{Kind: live.OrderPaymentFailed, ID: "120560818172775265", At: newYear, Reason: "card_declined"}, ""},
		"an error":            {"order_transactions/create", replaced(transaction, "KIND", "capture", "STATUS", "error"), "820982911946154508", live.OrderFact{Kind: live.OrderPaymentFailed, ID: "120560818172775265", At: newYear, Reason: "card_declined"}, ""},
		"authorised":          {"order_transactions/create", replaced(transaction, "KIND", "authorization", "STATUS", "success"), "", live.OrderFact{}, "no failed payment; money is told by orders/paid and refunds/create"},
		"a refund that fails": {"order_transactions/create", replaced(transaction, "KIND", "refund", "STATUS", "failure"), "", live.OrderFact{}, "no failed payment; money is told by orders/paid and refunds/create"},
		"a test":              {"order_transactions/create", replaced(transaction, "KIND", "sale", "STATUS", "failure", `"test":false`, `"test":true`), "", live.OrderFact{}, "a test transaction"},
		"shipped":             {"orders/fulfilled", shipped, "450789469", live.OrderFact{Kind: live.OrderShipped, ID: "255858048", At: time.Date(2008, 1, 10, 18, 0, 0, 0, time.UTC)}, ""},
		"part shipped":        {"orders/partially_fulfilled", shipped, "450789469", live.OrderFact{Kind: live.OrderPartShipped, ID: "255858048", At: time.Date(2008, 1, 10, 18, 0, 0, 0, time.UTC)}, ""},
		"shipped, untold how": {"orders/fulfilled", `{"id":450789469,"updated_at":"2008-01-10T11:00:00-05:00"}`, "450789469", live.OrderFact{Kind: live.OrderShipped, ID: "450789469", At: time.Date(2008, 1, 10, 16, 0, 0, 0, time.UTC)}, ""},
		"a test order":        {"orders/fulfilled", `{"id":1,"test":true}`, "", live.OrderFact{}, "a test order"},
		"asked for":           {"returns/request", returned, "5196695273621", live.OrderFact{Kind: live.RefundRequested, ID: "3547267221", At: hour, Reason: "unwanted", Refund: live.RefundRequest{Line: "12695210000533", Type: live.ReturnGoods}}, ""},
		"approved":            {"returns/approve", returned, "5196695273621", live.OrderFact{Kind: live.RefundApproved, ID: "3547267221", At: hour}, ""},
		"declined return":     {"returns/decline", `{"id":3547267221,"order":{"id":5196695273621},"status":"declined","decline":{"reason":"return_period_ended","note":null}}`, "5196695273621", live.OrderFact{Kind: live.RefundRejected, ID: "3547267221", At: hour, Reason: "return_period_ended"}, ""},
		"cancelled return":    {"returns/cancel", `{"id":3547267221,"order_id":5196695273621,"status":"canceled"}`, "5196695273621", live.OrderFact{Kind: live.RefundWithdrawn, ID: "3547267221", At: hour}, ""},
		"edited":              {"orders/edited", `{"order_edit":{"id":1,"order_id":2,"line_items":{"additions":[{"id":3,"delta":1}],"removals":[]}}}`, "", live.OrderFact{}, "says which goods were added and removed, and no amount"},
	} {
		d, err := shopify{}.Read("", values(shopifyTopic, tc.topic, shopifyDelivery, "w1", shopifyTriggered, "2023-03-29T18:00:27.877041743Z"), []byte(tc.body))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := skipped(tc.topic, []string{"w1"}, tc.skip)
		if tc.skip == "" {
			want.Skipped, want.Facts = nil, []store.Fact{fact(tc.order, tc.want)}
		}
		same(t, name, d, want)
	}
	_, err := readShopify(t, "returns/approve", returned)
	wantCode(t, "no time", err, "invalid_field")
}
