"""Phone numbers in one form, where an account has a default country code."""

from typing import Final

_INTERNATIONAL: Final = "+"


def normal_phone(text: str, country_code: str) -> str:
    """*text* as ``+91-9000000001``; unchanged without *country_code*, or if it is no number.

    *country_code*, as ``91``, is that of numbers that have none. Zeros or a plus in front are a
    prefix for calls abroad, unless the rest is a number of the country.
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
