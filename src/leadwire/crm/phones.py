"""Phone numbers in one form, where an account has a default country code."""

from typing import Final

_INTERNATIONAL: Final = "+"


def normal_phone(text: str, country_code: str) -> str:
    """Format *text* as ``+91-9000000001``. Unchanged if it is not a number or there is no code.

    *country_code*, such as ``91``, applies to numbers without one. Leading zeros or a plus mark an
    international number, unless the rest is a national number.
    """
    if not country_code or not text:
        return text
    import phonenumbers  # noqa: PLC0415  # large, and needed only where a country code is set

    region = phonenumbers.region_code_for_country_code(int(country_code))
    digits = "".join(character for character in text if character.isdigit())
    candidates = (
        (text, region),
        (_INTERNATIONAL + digits.lstrip("0"), None),
    )
    for candidate, of_region in candidates:
        try:
            number = phonenumbers.parse(candidate, of_region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number) and not number.extension:
            national = phonenumbers.national_significant_number(number)
            return f"+{number.country_code}-{national}"
    return text
