"""What the generated leads are called and where they come from."""

from typing import Final

GIVEN_NAMES: Final = (
    "Aarav", "Vivaan", "Aditya", "Rohit", "Priya", "Ananya", "Diya", "Kavya", "Rahul", "Neha",
    "Pooja", "Sanjay", "Vikram", "Meera", "Arjun", "Ishaan", "Sneha", "Karan", "Nisha", "Amit",
    "Sunita", "Deepak", "Swati", "John", "Maria", "Fatima", "Chen", "Olga", "Lucas", "Emma",
)  # fmt: skip
FAMILY_NAMES: Final = (
    "Sharma", "Verma", "Gupta", "Singh", "Kumar", "Patel", "Reddy", "Nair", "Iyer", "Das",
    "Khan", "Mehta", "Joshi", "Rao", "Bose", "Chopra", "Kapoor", "Smith", "Garcia", "Lee",
    "Wang", "Ivanov", "Silva", "Brown", "Jones", "Pillai", "Menon", "Shetty",
)  # fmt: skip
DOMAINS: Final = (
    "gmail.com", "yahoo.com", "outlook.com", "hotmail.com", "example.com", "example.org",
    "example.net", "icloud.com",
)  # fmt: skip
CITIES: Final = (
    "Bengaluru", "Mumbai", "Delhi", "Chennai", "Hyderabad", "Pune", "Kolkata", "Jaipur",
    "Dubai", "London", "Singapore", "Toronto", "Sydney",
)  # fmt: skip
SOURCES: Final = (
    "Google Ads", "Facebook", "Website", "Referral", "Organic Search", "LinkedIn", "Walk-in",
    "Partner Portal",
)  # fmt: skip
STAGES: Final = (
    "Prospect", "New Lead", "Contacted", "Qualified", "Opportunity", "Customer", "Lost",
    "Invalid", "Follow Up", "Demo Scheduled",
)  # fmt: skip
