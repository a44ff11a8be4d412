package call

import (
	"fmt"
	"strings"

	"github.com/octothorpe/octothorpe/internal/channel"
)

type allowed struct{}

// featureLetters are those of features in the order in which they are told.
const featureLetters = "TKHWX"

// AllowFeatures sets what a leg may ask for by keys in the bridges that it enters, by the letters of Dial's
// options for a caller: T, K, H, W and X. With any other letter it fails and changes nothing.
func AllowFeatures(c *channel.Channel, letters string) error {
	if other := strings.Trim(letters, featureLetters); other != "" {
		return fmt.Errorf("%q is not made of the features %s", letters, featureLetters)
	}
	var known strings.Builder
	for _, letter := range featureLetters {
		if strings.ContainsRune(letters, letter) {
			known.WriteRune(letter)
		}
	}
	c.SetValue(allowed{}, known.String())
	return nil
}

// AllowedFeatures returns what AllowFeatures has set.
func AllowedFeatures(c *channel.Channel) string {
	letters, _ := c.Value(allowed{}).(string)
	return letters
}
