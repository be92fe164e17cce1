//! Turns one provider wire format into another: values in, values out; does no IO and knows no secret.
