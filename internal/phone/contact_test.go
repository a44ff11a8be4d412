package phone

import (
	"encoding/json"
	"reflect"
	"testing"
)

// What a contact's record says can be read again, each field and whatever is in it.
func TestRecordIsJSON(t *testing.T) {
	for _, value := range []string{"plain", "", `a "b" \c`, "<sip:a@b;x=1>&", "line\nend\x00\x7f", "Grüße"} {
		var want, got stored
		for i := range reflect.ValueOf(want).NumField() {
			reflect.ValueOf(&want).Elem().Field(i).SetString(value)
		}
		if err := json.Unmarshal([]byte(want.text()), &got); err != nil {
			t.Errorf("%q: %v", value, err)
		} else if got != want {
			t.Errorf("%q: got %+v", value, got)
		}
	}
}
