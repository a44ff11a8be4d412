package exchange

import "testing"

// What a manager client is told that asks for something odd, in the words of
// Asterisk 22: programs compare them. A session that logs in again stays as it is.
func TestWordsOfRefusals(t *testing.T) {
	k := begin(t, "[house]\nexten => 1,1,Wait(1)\n")
	defer k.end()
	boss := k.login()
	for _, c := range []struct{ action, status, message string }{
		{"Action: Login\nUsername: boss\nSecret: wrong", "Success", "Already authenticated"},
		{"Action: Events", "Error", "Invalid event mask"},
		{"Action: Hangup\nChannel: /^(/", "Error", "Regex compile failed on: /^(/"},
		{"Action: DBDel\nFamily: none\nKey: such", "Error", "Database entry could not be deleted"},
	} {
		boss.do(c.action)
		boss.until("Response: " + c.status)
		boss.until("Message: " + c.message)
	}
}
