// The words that made-up container names consist of.

const ADJECTIVE_LIST = `
  able agile amused ardent awake bold brave breezy bright brisk busy calm candid careful cheerful civil clear clever cosy
  crisp curious daring dashing deft eager early earnest easy elated epic fair fearless festive fine firm fond frank fresh
  friendly gallant gentle glad graceful grand hardy hearty helpful honest hopeful humble jolly jovial keen kind lively loyal
  lucid lucky mellow merry mild modest neat nimble noble patient peaceful placid plucky polite prompt proud pure quick quiet
  ready relaxed robust serene sharp shiny silent sincere sleepy smooth snug sober solid spry steady sturdy subtle sunny
  swift tender thrifty tidy trusty upbeat vibrant vigilant vivid warm wary wise witty wonderful zealous zen
`;

/** People whose work made computers, networks and what they stand on. */
const SURNAME_LIST = `
  abbe agnesi allen ampere archimedes babbage backus banach bardeen bartik bell bohr boole borg brattain carson cerf chandra
  church clarke cray curie darwin dijkstra diffie easley edison einstein engelbart euclid euler faraday fermat feynman franklin
  galileo galois gauss germain goldberg goldwasser goodall gosling haibt hamilton hawking hellman herschel hertz hilbert hodgkin
  hoover hopper hypatia jackson jang jennings johnson jones kalam kapitsa kare keldysh kepler khayyam kilby kirch knuth
  lalande lamarr lamport leakey leibniz lewin liskov lovelace lumiere mahavira margulis maxwell mayer mccarthy mcclintock
  meitner mendel merkle mirzakhani morse napier nash neumann newton nightingale nobel noether noyce pare pascal pasteur payne
  perlman pike poincare ptolemy raman ramanujan rhodes ride ritchie robinson roentgen rosalind rubin saha sammet shannon
  shaw shirley shockley sinoussi snyder spence stallman swanson swartz swirles tesla thompson torvalds turing varahamihira
  villani volhard wescoff wiles williams wilson wing wright yalow yonath zhukovsky
`;

export const ADJECTIVES: readonly string[] = ADJECTIVE_LIST.trim().split(/\s+/);
export const SURNAMES: readonly string[] = SURNAME_LIST.trim().split(/\s+/);
